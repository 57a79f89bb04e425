-- PERCENTILE: interpolated, of several shares, with frequencies
CREATE TABLE t (k STRING, v INT, x DOUBLE) WITH ('connector'='filesystem','path'='${CASE}/input/m.jsonl','format'='json');
SELECT k, PERCENTILE(v, 0.3) AS a, PERCENTILE(x, ARRAY[0, 0.5, 1]) AS b, PERCENTILE(v, 0.5, v) AS c FROM t GROUP BY k;
