-- TO_DATE with the default form and with SimpleDateFormat patterns
CREATE TABLE s (
  id INT, s STRING
) WITH ('connector'='filesystem','path'='${CASE}/input/s.jsonl','format'='json');
SELECT id,
  TO_DATE(s) AS d0,
  TO_DATE(CASE WHEN s LIKE '____-__-__%' THEN s END, 'yyyy-MM-dd') AS d1,
  TO_DATE(CASE WHEN s LIKE '__/%' THEN s END, 'dd/MM/yyyy') AS d2,
  TO_DATE(CASE WHEN s LIKE '2024____' THEN s END, 'yyyyMMdd') AS d3,
  TO_DATE(CASE WHEN s LIKE '2024-___' THEN s END, 'yyyy-DDD') AS d4,
  TO_DATE(CASE WHEN s LIKE '29 F%' THEN s END, 'd MMM yyyy') AS d5
FROM s
WHERE s <> '2024-13-01x';
