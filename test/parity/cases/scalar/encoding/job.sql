-- HEX, UNHEX, BIN, TO_BASE64, FROM_BASE64, ENCODE, DECODE, INET_ATON, INET_NTOA
CREATE TABLE x (
  id INT, s STRING, h STRING, c STRING, l BIGINT, ip STRING, n BIGINT
) WITH ('connector'='filesystem','path'='${CASE}/input/x.jsonl','format'='json');
SELECT id,
  HEX(s) AS hs,
  HEX(l) AS hl,
  UNHEX(h) AS uh,
  BIN(l) AS b,
  BIN(id) AS bi,
  TO_BASE64(s) AS tb,
  FROM_BASE64(c) AS fb,
  ENCODE(s, 'UTF-8') AS e8,
  ENCODE(s, 'UTF-16BE') AS e16,
  ENCODE(s, 'ISO-8859-1') AS e1,
  ENCODE(s, 'US-ASCII') AS ea,
  ENCODE(s, 'UTF-16') AS eb,
  DECODE(ENCODE(s, 'UTF-16LE'), 'UTF-16LE') AS d16,
  DECODE(UNHEX(h), 'ISO-8859-1') AS d1,
  DECODE(UNHEX(h), 'US-ASCII') AS da,
  DECODE(UNHEX(h), 'UTF-8') AS d8,
  INET_ATON(ip) AS aton,
  INET_NTOA(n) AS ntoa
FROM x;
