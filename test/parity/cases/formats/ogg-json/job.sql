-- ogg-json: I, U and D; an update of a table with a nested row
CREATE TABLE t (id INT, s STRING) WITH ('connector' = 'filesystem', 'path' = '${CASE}/input/t.jsonl', 'format' = 'ogg-json');

SELECT s, COUNT(*) AS n FROM t GROUP BY s;
