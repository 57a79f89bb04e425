-- rows of SESSION without PARTITION BY, ranked in their session
CREATE TABLE ev (id INT, k STRING, v INT, ms BIGINT, ts AS CAST(TO_TIMESTAMP_LTZ(ms, 3) AS TIMESTAMP(3)), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR) WITH ('connector'='filesystem','path'='${CASE}/input/ev.jsonl','format'='json');
SELECT * FROM (SELECT id, v, window_start, window_end, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY v, id) AS rn FROM TABLE(SESSION(TABLE ev, DESCRIPTOR(ts), INTERVAL '10' MINUTE))) WHERE rn <= 2;
