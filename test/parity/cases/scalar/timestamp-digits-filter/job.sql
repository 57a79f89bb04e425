-- digits beyond the declared precision: a WHERE sees them, text does not
CREATE TABLE c (
  id INT, t0 TIMESTAMP(0), t3 TIMESTAMP(3), t6 TIMESTAMP(6), t9 TIMESTAMP(9)
) WITH ('connector'='filesystem','path'='${CASE}/input/c.jsonl','format'='json');
SELECT id, CAST(t3 AS STRING) AS s FROM c WHERE t3 > TIMESTAMP '2026-03-01 10:00:00.123';
