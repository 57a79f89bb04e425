-- avro: text is no number
CREATE TABLE t (s INT) WITH ('connector' = 'filesystem', 'path' = '${CASE}/input', 'format' = 'avro');

SELECT s FROM t;
