-- raw: every line is a value, also an empty one; malformed UTF-8
CREATE TABLE t (line STRING) WITH ('connector' = 'filesystem', 'path' = '${CASE}/input/lines.txt', 'format' = 'raw');

SELECT line FROM t;
