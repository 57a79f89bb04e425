-- raw: numbers in their bytes
CREATE TABLE t (i INT) WITH ('connector' = 'filesystem', 'path' = '${CASE}/input/numbers.bin', 'format' = 'raw', 'raw.endianness' = 'little-endian');

SELECT i FROM t;
