-- the first rows of counts that are kept up to date: the final rows
CREATE TABLE orders (
  id INT, customer STRING, product STRING, qty INT, price DECIMAL(10, 2), ts TIMESTAMP(3), tags ARRAY<STRING>, ship ROW<city STRING, zip INT>,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${CASE}/input/orders.jsonl', 'format' = 'json');
SELECT customer, n FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY n DESC, customer) AS rn FROM (SELECT customer, COUNT(*) AS n FROM orders GROUP BY customer)) WHERE rn <= 3;
