-- windows over TIMESTAMP_LTZ across both changes of the clock, joined by window
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE ev (id INT, k STRING, v INT, ms BIGINT, rt AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR rt AS rt - INTERVAL '300' DAY(3)) WITH ('connector'='filesystem','path'='${CASE}/input/ev.jsonl','format'='json');
CREATE TEMPORARY VIEW h AS SELECT * FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(rt), INTERVAL '1' HOUR));
SELECT l.id AS a, r.id AS b, l.window_start AS ws, l.window_end AS we
FROM (SELECT * FROM h WHERE k = 'a') l JOIN (SELECT * FROM h WHERE k = 'b') r
ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.v = r.v;
