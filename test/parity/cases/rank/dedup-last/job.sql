-- the last row of every key by event time, with its changes
CREATE TABLE rates (
  cur STRING,
  region INT,
  rate INT,
  rt TIMESTAMP(3),
  WATERMARK FOR rt AS rt - INTERVAL '90' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${CASE}/input/rates.jsonl',
  'format' = 'json'
);

SELECT cur, region, rate, rt FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY cur ORDER BY rt DESC) AS rn FROM rates)
WHERE rn = 1;
