-- DATE_FORMAT of TIMESTAMP_LTZ follows the session zone
SET 'table.local-time-zone'='Europe/Berlin';
CREATE TABLE t (
  id INT, ts TIMESTAMP(3), l TIMESTAMP_LTZ(3), d DATE, tm TIME, t2 TIMESTAMP(3), n INT
) WITH ('connector'='filesystem','path'='${CASE}/input/t.jsonl','format'='json');
SELECT id,
  DATE_FORMAT(l, 'yyyy-MM-dd HH:mm:ss') AS a,
  DATE_FORMAT(l, 'EEE HH a') AS b,
  CAST(l AS STRING) AS c,
  CAST(l AS TIMESTAMP(3)) AS d,
  CAST(ts AS TIMESTAMP_LTZ(3)) AS e
FROM t
WHERE id <> 9;
