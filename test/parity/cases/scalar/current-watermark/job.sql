-- CURRENT_WATERMARK in a select list and as a condition on late rows; a watermark after each row, parallelism 1 only
SET 'pipeline.auto-watermark-interval' = '0';
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE ev (id INT, k STRING, v INT, ms BIGINT, rt AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR rt AS rt - INTERVAL '2' MINUTE) WITH ('connector'='filesystem','path'='${CASE}/input/ev.jsonl','format'='json');
SELECT id, CURRENT_WATERMARK(rt) AS w, rt < CURRENT_WATERMARK(rt) AS late, COALESCE(CAST(CURRENT_WATERMARK(rt) AS STRING), 'none') AS t
FROM ev WHERE v > 3 AND (CURRENT_WATERMARK(rt) IS NULL OR rt > CURRENT_WATERMARK(rt) - INTERVAL '5' MINUTE);
