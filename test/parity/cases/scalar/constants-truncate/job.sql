-- PI, E and TRUNCATE of every numeric type
CREATE TABLE t (i INT, l BIGINT, x DOUBLE, f FLOAT, p DECIMAL(10, 3), n INT) WITH ('connector'='filesystem','path'='${CASE}/input/t.jsonl','format'='json');
SELECT PI() AS pi, E() AS e, TRUNCATE(i, n) AS a, TRUNCATE(l, -2) AS b, TRUNCATE(x, n) AS c, TRUNCATE(f, 1) AS d, TRUNCATE(p, 2) AS g, TRUNCATE(p) AS h, TRUNCATE(x) AS k,
  ROUND(x, n) AS r, ROUND(p, 1) AS rp, ROUND(l, -1) AS rl, POWER(PI(), 2) AS pw FROM t;
