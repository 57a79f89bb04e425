-- SUBSTRING with NULL, negative and zero lengths, LEFT and RIGHT of every length, text outside ASCII
CREATE TABLE x (
  id INT, s STRING, u STRING, n INT
) WITH ('connector'='filesystem','path'='${CASE}/input/x.jsonl','format'='json');
SELECT id,
  SUBSTRING(s, n) AS a,
  SUBSTRING(s, 2, n) AS b,
  SUBSTR(s, -2, 1) AS c,
  SUBSTRING(s, 3, 2) AS d,
  SUBSTRING(s, CHAR_LENGTH(s)) AS e,
  `LEFT`(s, 2) AS l2,
  `LEFT`(s, -1) AS lm,
  `RIGHT`(s, 2) AS r2,
  `RIGHT`(s, 0) AS r0,
  `RIGHT`(s, -3) AS rm,
  `LEFT`(s, 0) AS l0
FROM x
WHERE n IS NULL OR n >= 0;
