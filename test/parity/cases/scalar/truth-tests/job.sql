-- IS [NOT] TRUE, FALSE and UNKNOWN, [NOT] BETWEEN with bounds in any order and NULLs
CREATE TABLE t (id INT, b BOOLEAN, v INT, lo INT, hi INT) WITH ('connector'='filesystem','path'='${CASE}/input/t.jsonl','format'='json');
SELECT id, b IS TRUE AS t, b IS NOT TRUE AS nt, b IS FALSE AS f, b IS NOT FALSE AS nf, b IS UNKNOWN AS u, b IS NOT UNKNOWN AS nu,
  v BETWEEN lo AND hi AS b1, v NOT BETWEEN lo AND hi AS b2, v BETWEEN SYMMETRIC lo AND hi AS b3, v NOT BETWEEN SYMMETRIC lo AND hi AS b4,
  (v > lo) IS NOT FALSE AS g, NOT (v > lo OR b) AS h, v IS DISTINCT FROM lo AS d, v IS NOT DISTINCT FROM hi AS nd
FROM t;
