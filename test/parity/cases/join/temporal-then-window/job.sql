-- the left event time goes on: a window over the join
CREATE TABLE orders (
  id INT,
  cur STRING,
  region INT,
  amount INT,
  ot TIMESTAMP(3),
  WATERMARK FOR ot AS ot - INTERVAL '90' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${CASE}/input/orders.jsonl',
  'format' = 'json'
);

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

CREATE TEMPORARY VIEW joined AS SELECT o.cur, o.ot, r.rate
FROM orders AS o JOIN rates FOR SYSTEM_TIME AS OF o.ot AS r ON o.cur = r.cur;

SELECT window_start, cur, COUNT(*) AS n, SUM(rate) AS total
FROM TABLE(TUMBLE(TABLE joined, DESCRIPTOR(ot), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, cur;
