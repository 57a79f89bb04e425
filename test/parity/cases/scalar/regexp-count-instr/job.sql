-- REGEXP_COUNT, REGEXP_INSTR, REGEXP_SUBSTR, REGEXP_EXTRACT_ALL: NULL, bad and empty patterns, groups
CREATE TABLE s (
  id INT, s STRING, r STRING, k INT
) WITH ('connector'='filesystem','path'='${CASE}/input/s.jsonl','format'='json');
SELECT id,
  REGEXP_COUNT(s, r) AS c,
  REGEXP_INSTR(s, r) AS i,
  REGEXP_SUBSTR(s, r) AS ss,
  REGEXP_EXTRACT_ALL(s, r) AS ea,
  REGEXP_EXTRACT_ALL(s, r, k) AS ek,
  REGEXP_EXTRACT_ALL(s, '([a-z])([0-9])', 2) AS e2,
  REGEXP_EXTRACT_ALL(s, '(a)|(b)') AS en,
  REGEXP_COUNT(s, 'a*') AS ca
FROM s;
