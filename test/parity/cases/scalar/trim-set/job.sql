-- LTRIM and RTRIM with a set of characters from a column, text outside ASCII
CREATE TABLE x (
  id INT, s STRING, u STRING, n INT
) WITH ('connector'='filesystem','path'='${CASE}/input/x.jsonl','format'='json');
SELECT id,
  LTRIM(s, u) AS l,
  RTRIM(s, u) AS r,
  TRIM(BOTH u FROM s) AS b,
  TRIM(LEADING u FROM s) AS tl,
  TRIM(TRAILING u FROM s) AS tt
FROM x
WHERE u <> '';
