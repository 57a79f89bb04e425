-- digits beyond the declared precision: comparisons of a CSV row see them
CREATE TABLE c (
  id INT, t0 TIMESTAMP(0), t3 TIMESTAMP(3), t6 TIMESTAMP(6), t9 TIMESTAMP(9)
) WITH ('connector'='filesystem','path'='${CASE}/input/c.csv','format'='csv');
SELECT id, t3 = t9 AS a, t0 = t3 AS b, t3 < TIMESTAMP '2026-03-01 10:00:00.123456' AS d, t3 IN (TIMESTAMP '2026-03-01 10:00:00.123', TIMESTAMP '2026-03-01 10:00:00.500') AS e, t3 BETWEEN TIMESTAMP '2026-03-01 10:00:00' AND TIMESTAMP '2026-03-01 10:00:00.123' AS f, t3 IS DISTINCT FROM t6 AS g, NULLIF(t3, t6) IS NULL AS h, CASE t3 WHEN t6 THEN 1 ELSE 0 END AS i FROM c;
