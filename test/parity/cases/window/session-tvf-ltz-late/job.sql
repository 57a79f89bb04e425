-- rows of SESSION over TIMESTAMP_LTZ in a zone with summer time, with late rows, then aggregated by other keys; parallelism 1 only
SET 'pipeline.auto-watermark-interval' = '0';
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE ev (id INT, k STRING, v INT, ms BIGINT, rt AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR rt AS rt) WITH ('connector'='filesystem','path'='${CASE}/input/ev.jsonl','format'='json');
SELECT window_start, window_end, COUNT(*) AS n, SUM(v) AS v, MIN(id) AS id FROM TABLE(SESSION(TABLE ev PARTITION BY k, DESCRIPTOR(rt), INTERVAL '20' MINUTE)) GROUP BY window_start, window_end;
