-- raw has one column
CREATE TABLE t (a INT, b INT) WITH ('connector' = 'filesystem', 'path' = '${CASE}/input/numbers.bin', 'format' = 'raw');

SELECT a FROM t;
