-- avro: a file that Flink wrote, with all types
CREATE TABLE t (id INT, b BOOLEAN, ti TINYINT, si SMALLINT, bi BIGINT, f FLOAT, d DOUBLE, de DECIMAL(10, 2), bigdec DECIMAL(38, 10), s STRING, byt BYTES, dt DATE, t TIME, ts TIMESTAMP(3), a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>)
WITH ('connector' = 'filesystem', 'path' = '${CASE}/input', 'format' = 'avro');

SELECT * FROM t;
