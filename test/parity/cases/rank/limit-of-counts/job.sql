-- the first rows of counts that are kept up to date: the final rows
CREATE TABLE orders (
  id INT, customer STRING, product STRING, qty INT, price DECIMAL(10, 2), ts TIMESTAMP(3), tags ARRAY<STRING>, ship ROW<city STRING, zip INT>,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${CASE}/input/orders.jsonl', 'format' = 'json');
SELECT product, COUNT(*) AS n FROM orders GROUP BY product ORDER BY n DESC, product LIMIT 2;
