-- versioned view: deduplication drops versions that come after a later one
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
  WATERMARK FOR rt AS rt - INTERVAL '90' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${CASE}/input/rates.jsonl',
  'format' = 'json'
);

CREATE TEMPORARY VIEW versioned AS
SELECT cur, region, rate, rt FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY cur ORDER BY rt DESC) AS rn FROM rates)
WHERE rn = 1;

SELECT o.id, o.cur, o.ot, r.rate, r.rt
FROM orders AS o LEFT JOIN versioned FOR SYSTEM_TIME AS OF o.ot AS r ON o.cur = r.cur;
