-- windows over TIMESTAMP_LTZ across both changes of the clock, carried in columns to a Top-N; late rows, parallelism 1 only
SET 'pipeline.auto-watermark-interval' = '0';
SET 'parallelism.default' = '1';
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE ev (id INT, k STRING, v INT, ms BIGINT, rt AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR rt AS rt) WITH ('connector'='filesystem','path'='${CASE}/input/ev.jsonl','format'='json');
SELECT window_start, window_end, k, id, v, rn FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY v DESC, id) AS rn
  FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(rt), INTERVAL '1' HOUR))
) WHERE rn <= 2;
