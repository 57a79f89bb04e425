-- REPLACE with empty needles, TRANSLATE, REVERSE, STARTSWITH, ENDSWITH, ELT
CREATE TABLE x (
  id INT, s STRING, u STRING, n INT
) WITH ('connector'='filesystem','path'='${CASE}/input/x.jsonl','format'='json');
SELECT id,
  REPLACE(s, u, '<>') AS r,
  REPLACE(s, 'l', u) AS r2,
  REVERSE(s) AS rv,
  TRANSLATE(s, 'helowd', 'HELO') AS t1,
  TRANSLATE(s, u, '*') AS t2,
  TRANSLATE(s, '', 'a') AS t3,
  TRANSLATE(s, 'aab', 'xyz') AS t4,
  STARTSWITH(s, u) AS sw,
  ENDSWITH(s, u) AS ew,
  ENDSWITH(s, '') AS ee,
  ELT(n, s, u) AS el,
  ELT(1, s) AS el1,
  ELT(2, s) AS el2
FROM x;
