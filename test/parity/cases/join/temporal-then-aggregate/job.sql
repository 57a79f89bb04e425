-- an aggregate over a left temporal join
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

SELECT o.cur, COUNT(*) AS n, COUNT(r.rate) AS found, SUM(r.rate * o.amount) AS total
FROM orders AS o LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ot AS r ON o.cur = r.cur
GROUP BY o.cur;
