-- numbers are no timestamps
CREATE TABLE t (id INT, l BIGINT) WITH ('connector'='filesystem','path'='${CASE}/input/t.jsonl','format'='json');
SELECT id, CAST(l AS TIMESTAMP(3)) AS ts FROM t;
