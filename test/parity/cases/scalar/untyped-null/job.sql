-- where an untyped NULL may stand: in ARRAY and MAP, IN, comparisons, BETWEEN, CASE and its conditions, COALESCE, NULLIF, IS NULL
SELECT ARRAY[1, NULL] AS a, MAP['a', NULL, 'b', NULL] AS m, 1 IN (2, NULL) AS i, 1 = NULL AS e, 1 BETWEEN NULL AND 2 AS b,
  CASE WHEN NULL THEN 1 ELSE 2 END AS c, CASE WHEN TRUE THEN NULL ELSE 1 END AS d, COALESCE(NULL, 1) AS f, IFNULL(NULL, 'x') AS g,
  NULLIF(1, 1) AS h, NULL IS NULL AS j, (1, NULL) = (1, 2) AS k, (1, 2) IN ((1, NULL), (1, 2)) AS l, JSON_STRING(NULL) AS n
FROM (VALUES (1)) AS t (id);
