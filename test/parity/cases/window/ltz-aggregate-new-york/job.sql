-- windows over TIMESTAMP_LTZ across both changes of the clock, aggregated twice; late rows, parallelism 1 only
SET 'pipeline.auto-watermark-interval' = '0';
SET 'parallelism.default' = '1';
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE ev (id INT, k STRING, v INT, ms BIGINT, rt AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR rt AS rt) WITH ('connector'='filesystem','path'='${CASE}/input/ev.jsonl','format'='json');
SELECT window_start, window_end, COUNT(*) AS ks, SUM(n) AS n, MAX(top) AS top FROM (
  SELECT window_start, window_end, k, COUNT(*) AS n, MAX(v) AS top
  FROM TABLE(HOP(TABLE ev, DESCRIPTOR(rt), INTERVAL '30' MINUTE, INTERVAL '2' HOUR)) GROUP BY window_start, window_end, k
) GROUP BY window_start, window_end;
