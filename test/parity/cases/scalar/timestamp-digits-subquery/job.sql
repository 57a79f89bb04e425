-- digits beyond the declared precision through a subquery and a filter
CREATE TABLE c (
  id INT, t0 TIMESTAMP(0), t3 TIMESTAMP(3), t6 TIMESTAMP(6), t9 TIMESTAMP(9)
) WITH ('connector'='filesystem','path'='${CASE}/input/c.jsonl','format'='json');
SELECT id, CAST(x AS STRING) AS s, x = t9 AS e FROM (SELECT id, t3 AS x, t9 FROM c WHERE id > 1) WHERE x IS NOT NULL;
