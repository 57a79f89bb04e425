-- a source that has no watermarks of its own
CREATE TABLE t (id INT, ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS SOURCE_WATERMARK()) WITH ('connector'='filesystem','path'='${CASE}/input/t.jsonl','format'='json');
SELECT id FROM t;
