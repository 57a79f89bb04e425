-- random numbers: with a seed the same as Flink's, without one within their bounds
CREATE TABLE t (id INT) WITH ('connector'='filesystem','path'='${CASE}/input/t.jsonl','format'='json');
SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE RAND() >= 0 AND RAND() < 1) AS r, COUNT(*) FILTER (WHERE RAND_INTEGER(5) BETWEEN 0 AND 4) AS i,
  COUNT(*) FILTER (WHERE RAND(7) BETWEEN 0 AND 1) AS rs, COUNT(*) FILTER (WHERE RAND_INTEGER(3, 5) BETWEEN 0 AND 4) AS ri, COUNT(*) FILTER (WHERE CHAR_LENGTH(UUID()) = 36) AS u,
  COUNT(*) FILTER (WHERE PROCTIME() > TIMESTAMP '2020-01-01 00:00:00') AS p, COUNT(*) FILTER (WHERE LOCALTIME >= TIME '00:00:00' AND LOCALTIMESTAMP > TIMESTAMP '2020-01-01 00:00:00') AS l FROM t;
