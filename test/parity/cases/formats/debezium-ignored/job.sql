-- debezium-json.ignore-parse-errors: records and values that cannot be read
CREATE TABLE t (id INT, s STRING) WITH ('connector' = 'filesystem', 'path' = '${CASE}/input/t.jsonl', 'format' = 'debezium-json', 'debezium-json.ignore-parse-errors' = 'true');

SELECT * FROM t;
