-- digits beyond the declared precision stay through + and - of intervals
CREATE TABLE c (
  id INT, t0 TIMESTAMP(0), t3 TIMESTAMP(3), t6 TIMESTAMP(6), t9 TIMESTAMP(9)
) WITH ('connector'='filesystem','path'='${CASE}/input/c.jsonl','format'='json');
SELECT id, CAST(t3 + INTERVAL '1' SECOND AS STRING) AS a, CAST(t3 - INTERVAL '1' MONTH AS STRING) AS b, t3 + INTERVAL '1' SECOND = t9 + INTERVAL '1' SECOND AS d, CAST(TIMESTAMPADD(HOUR, 1, t3) AS STRING) AS e, t3 + INTERVAL '1' SECOND > t3 AS f, TIMESTAMPDIFF(SECOND, t3, t9) AS g FROM c;
