-- a row that leaves STDDEV as it is still comes as an update: count and squares change below it
CREATE TABLE m (k STRING, v INT, x DOUBLE) WITH ('connector'='filesystem','path'='${CASE}/input/m.jsonl','format'='json');
SELECT k, STDDEV_POP(v) AS sp, VAR_SAMP(x) AS vs, MAX(v) AS top FROM m GROUP BY k;
