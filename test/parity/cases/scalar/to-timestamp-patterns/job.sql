-- TO_DATE and TO_TIMESTAMP over many texts and patterns
CREATE TABLE s (
  id INT, s STRING
) WITH ('connector'='filesystem','path'='${CASE}/input/s.jsonl','format'='json');
SELECT id,
  TO_TIMESTAMP(s) AS t0,
  TO_TIMESTAMP(s, 'yyyy-MM-dd') AS t1,
  TO_TIMESTAMP(s, 'yyyy-MM-dd HH:mm:ss') AS t2,
  TO_TIMESTAMP(s, 'yyyyMMdd') AS t3,
  TO_TIMESTAMP(s, 'dd/MM/yyyy') AS t4,
  TO_TIMESTAMP(s, 'yyyy-MM-dd HH:mm:ss.SSS') AS t5,
  TO_TIMESTAMP(s, 'd MMM yyyy') AS t6,
  TO_TIMESTAMP(s, 'EEE, dd MMM yyyy hh:mm:ss a') AS t7,
  TO_TIMESTAMP(s, 'yyyy-DDD') AS t8,
  TO_TIMESTAMP(s, 'yyyy-M-d H:m:s') AS t9,
  TO_TIMESTAMP(s, 'HH:mm:ss') AS t10,
  TO_TIMESTAMP(s, 'yy-M-d') AS t11,
  TO_TIMESTAMP(s, 'uuuu-MM-dd[ HH:mm]') AS t12,
  TO_TIMESTAMP(s, 'yyyy-MM-dd HH:mm:ss.SSSSSSSSS') AS t13
FROM s;
