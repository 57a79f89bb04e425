-- LIKE and NOT LIKE with %, _, escapes and column patterns; SIMILAR TO
CREATE TABLE s (
  id INT, s STRING, p STRING
) WITH ('connector'='filesystem','path'='${CASE}/input/s.jsonl','format'='json');
SELECT id,
  s LIKE 'h%' AS l1,
  s LIKE '%b%' AS l2,
  s LIKE '_b_' AS l3,
  s LIKE '%c' AS l4,
  s NOT LIKE '%l%' AS nl,
  s LIKE '' AS le,
  s LIKE 'abc' AS leq,
  s LIKE p ESCAPE '!' AS lp,
  s LIKE '100!%' ESCAPE '!' AS esc,
  s LIKE 'a!_b' ESCAPE '!' AS esu,
  s LIKE '%X%' AS lx,
  s LIKE 'a%c' AS lac,
  s LIKE '%%' AS lall,
  s SIMILAR TO '(h|a)%' AS sm,
  s SIMILAR TO '[a-z]+' AS sr,
  s SIMILAR TO '_{3}' AS s3,
  s NOT SIMILAR TO '%[0-9]%' AS ns,
  s SIMILAR TO 'a.c' AS sd,
  s SIMILAR TO '100!%' ESCAPE '!' AS se,
  s SIMILAR TO '[^a-f]%' AS sn
FROM s;
