-- a table with its own versions
CREATE TABLE rates (
  cur STRING,
  region INT,
  rate INT,
  rt TIMESTAMP(3),
  WATERMARK FOR rt AS rt - INTERVAL '90' SECOND,
  PRIMARY KEY (cur) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '${CASE}/input/rates.jsonl',
  'format' = 'json'
);

SELECT a.cur, a.region, a.rate, a.rt, b.rate AS valid, b.rt AS since
FROM rates AS a JOIN rates FOR SYSTEM_TIME AS OF a.rt AS b ON a.cur = b.cur;
