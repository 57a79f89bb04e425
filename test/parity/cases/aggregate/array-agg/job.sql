-- ARRAY_AGG: NULLs stay, distinct and filtered forms; VAR_POP, STDDEV_SAMP
CREATE TABLE t (k STRING, v INT, x DOUBLE) WITH ('connector'='filesystem','path'='${CASE}/input/m.jsonl','format'='json');
SELECT k, ARRAY_AGG(v) AS a, ARRAY_AGG(DISTINCT v) AS d, ARRAY_AGG(x) FILTER (WHERE v > 5) AS f, VAR_POP(v) AS vp, STDDEV_SAMP(x) AS ss, MIN(ABS(v)) AS m FROM t GROUP BY k;
