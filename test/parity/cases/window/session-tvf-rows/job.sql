-- rows of SESSION with PARTITION BY
CREATE TABLE ev (id INT, k STRING, v INT, ms BIGINT, ts AS CAST(TO_TIMESTAMP_LTZ(ms, 3) AS TIMESTAMP(3)), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR) WITH ('connector'='filesystem','path'='${CASE}/input/ev.jsonl','format'='json');
SELECT id, k, v, ts, window_start, window_end, window_time FROM TABLE(SESSION(TABLE ev PARTITION BY k, DESCRIPTOR(ts), INTERVAL '15' MINUTE)) WHERE v > 2;
