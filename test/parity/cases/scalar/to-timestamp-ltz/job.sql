-- TO_TIMESTAMP_LTZ of numbers and of text with pattern and zone
CREATE TABLE s (
  id INT, s STRING, v BIGINT, x DOUBLE, p DECIMAL(20,3)
) WITH ('connector'='filesystem','path'='${CASE}/input/s.jsonl','format'='json');
SELECT id,
  TO_TIMESTAMP_LTZ(v, 0) AS v0,
  TO_TIMESTAMP_LTZ(v, 3) AS v3,
  TO_TIMESTAMP_LTZ(v) AS v,
  TO_TIMESTAMP_LTZ(x, 0) AS x0,
  TO_TIMESTAMP_LTZ(x, 3) AS x3,
  TO_TIMESTAMP_LTZ(p, 3) AS p3,
  TO_TIMESTAMP_LTZ(CASE WHEN s LIKE '2024-__-__ %' THEN s END) AS s0,
  TO_TIMESTAMP_LTZ(s, 'dd/MM/yyyy HH:mm:ss') AS s1,
  TO_TIMESTAMP_LTZ(s, 'yyyy-MM-dd HH:mm:ss', 'America/New_York') AS s2,
  TO_TIMESTAMP_LTZ(s, 'yyyy-MM-dd HH:mm:ss', 'Asia/Kolkata') AS s3
FROM s;
