-- CAST to more digits and to TIMESTAMP_LTZ: digits beyond the declared precision come to light
CREATE TABLE c (
  id INT, t0 TIMESTAMP(0), t3 TIMESTAMP(3), t6 TIMESTAMP(6), t9 TIMESTAMP(9)
) WITH ('connector'='filesystem','path'='${CASE}/input/c.jsonl','format'='json');
SELECT id, CAST(CAST(t3 AS TIMESTAMP(6)) AS STRING) AS a, CAST(CAST(t3 AS TIMESTAMP(9)) AS STRING) AS b, CAST(CAST(t6 AS TIMESTAMP(4)) AS STRING) AS d, CAST(CAST(t3 AS TIMESTAMP(1)) AS STRING) AS e, CAST(CAST(t3 AS TIMESTAMP_LTZ(3)) AS STRING) AS f, CAST(CAST(t6 AS TIMESTAMP_LTZ(3)) AS STRING) AS g FROM c;
