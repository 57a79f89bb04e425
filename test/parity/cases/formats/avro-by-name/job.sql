-- avro: fields are found by name, numbers get wider, text becomes bytes, what is not there is NULL
CREATE TABLE t (missing INT, byt STRING, ti BIGINT, f DOUBLE, si FLOAT, s BYTES, r ROW<y STRING, z INT>) WITH ('connector' = 'filesystem', 'path' = '${CASE}/input', 'format' = 'avro');

SELECT missing, CHAR_LENGTH(byt) AS l, ti, f, si, s, r, r.z FROM t;
