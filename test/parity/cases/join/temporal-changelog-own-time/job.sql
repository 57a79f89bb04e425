-- a deletion that carries the time of what it deletes: that version never was
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
  'format' = 'debezium-json'
);

SELECT o.id, o.cur, o.ot, r.rate, r.rt
FROM orders AS o LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ot AS r ON o.cur = r.cur AND r.region > 0;
