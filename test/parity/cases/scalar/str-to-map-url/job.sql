-- STR_TO_MAP with regular expression delimiters, PARSE_URL parts, URL_ENCODE, URL_DECODE
CREATE TABLE x (
  id INT, s STRING, u STRING, m STRING
) WITH ('connector'='filesystem','path'='${CASE}/input/x.jsonl','format'='json');
SELECT id,
  STR_TO_MAP(m) AS m1,
  STR_TO_MAP(m, ';', ':') AS m2,
  STR_TO_MAP(m, '[,;]', '[=:]') AS m3,
  PARSE_URL(u, 'HOST') AS h,
  PARSE_URL(u, 'PATH') AS p,
  PARSE_URL(u, 'QUERY') AS q,
  PARSE_URL(u, 'REF') AS r,
  PARSE_URL(u, 'PROTOCOL') AS pr,
  PARSE_URL(u, 'FILE') AS f,
  PARSE_URL(u, 'AUTHORITY') AS a,
  PARSE_URL(u, 'USERINFO') AS ui,
  PARSE_URL(u, 'QUERY', 'k1') AS k1,
  PARSE_URL(u, 'PATH', 'k1') AS kp,
  PARSE_URL(u, 'host') AS low,
  URL_ENCODE(s) AS enc,
  URL_DECODE(s) AS dcd,
  URL_DECODE(URL_ENCODE(s)) AS rt
FROM x;
