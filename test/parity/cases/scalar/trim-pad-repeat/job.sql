-- TRIM in all its forms, LTRIM, RTRIM, BTRIM, LPAD, RPAD, REPEAT with zero, negative and NULL counts
CREATE TABLE x (
  id INT, s STRING, u STRING, n INT
) WITH ('connector'='filesystem','path'='${CASE}/input/x.jsonl','format'='json');
SELECT id,
  TRIM(s) AS t,
  TRIM(LEADING FROM s) AS tl,
  TRIM(TRAILING 'x' FROM s) AS tt,
  TRIM(BOTH 'x' FROM s) AS tb,
  LTRIM(s) AS l1,
  RTRIM(s) AS r1,
  LTRIM(s, 'ha') AS l2,
  RTRIM(s, 'dx') AS r2,
  BTRIM(s) AS b1,
  BTRIM(s, 'xh') AS b2,
  BTRIM(s, u) AS b3,
  BTRIM(s, '') AS b4,
  LPAD(s, 7, '*-') AS lp,
  RPAD(s, 7, '*-') AS rp,
  LPAD(s, n, u) AS lpn,
  RPAD(s, n, u) AS rpn,
  LPAD(s, 3, '') AS lpe,
  REPEAT(s, 2) AS rep,
  REPEAT(u, n) AS repn
FROM x
WHERE id <> 8;
