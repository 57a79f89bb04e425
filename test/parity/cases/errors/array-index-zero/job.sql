-- elements of arrays count from 1
CREATE TABLE t (id INT, a ARRAY<INT>) WITH ('connector'='filesystem','path'='${CASE}/input/t.jsonl','format'='json');
SELECT a[0] AS first FROM t;
