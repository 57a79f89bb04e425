-- debezium-json with the schema included; numbers as text in a table with a DECIMAL
CREATE TABLE t (id INT, s STRING, d DECIMAL(10, 2)) WITH ('connector' = 'filesystem', 'path' = '${CASE}/input/t.jsonl', 'format' = 'debezium-json', 'debezium-json.schema-include' = 'true');

SELECT * FROM t;
