-- windows over a changelog: what is taken back in time counts no more, what comes too late is dropped
SET 'pipeline.auto-watermark-interval' = '0';
CREATE TABLE t (id INT, ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS ts, PRIMARY KEY (id) NOT ENFORCED) WITH (
  'connector' = 'filesystem',
  'path' = '${CASE}/input/t.jsonl',
  'format' = 'debezium-json'
);

SELECT TUMBLE_START(ts, INTERVAL '1' MINUTE) AS w, COUNT(*) AS n, SUM(v) AS s, MAX(v) AS m FROM t GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE);
