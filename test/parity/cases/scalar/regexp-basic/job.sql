-- REGEXP, REGEXP_EXTRACT, REGEXP_REPLACE with literal and column patterns, groups, bad patterns, bad group numbers, literal $1
CREATE TABLE s (
  id INT, s STRING, r STRING, k INT
) WITH ('connector'='filesystem','path'='${CASE}/input/s.jsonl','format'='json');
SELECT id,
  REGEXP(s, '[0-9]{3}') AS m,
  REGEXP(s, r) AS mr,
  REGEXP(s, '') AS me,
  REGEXP_EXTRACT(s, r) AS x0,
  REGEXP_EXTRACT(s, '([a-z])([0-9])', 2) AS x2,
  REGEXP_EXTRACT(s, r, k) AS xk,
  REGEXP_EXTRACT(s, '(a)|(b)', 2) AS xn,
  REGEXP_REPLACE(s, r, '<$1>') AS rr,
  REGEXP_REPLACE(s, '[aeiou]', '') AS rv,
  REGEXP_REPLACE(s, '', '-') AS re,
  REGEXP_REPLACE(s, 'x*', '_') AS rx,
  REGEXP_REPLACE(s, '(\d)', '\$1\\') AS rb,
  REGEXP_REPLACE(s, s, 'Z') AS rs
FROM s;
