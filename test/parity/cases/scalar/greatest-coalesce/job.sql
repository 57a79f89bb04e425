-- COALESCE, IFNULL, NULLIF, IF, GREATEST and LEAST over types
CREATE TABLE c (
  id INT, a ARRAY<INT>, b ARRAY<INT>, t ARRAY<STRING>, k ARRAY<STRING>, m MAP<STRING, INT>, e INT, q ARRAY<ARRAY<INT>>
) WITH ('connector'='filesystem','path'='${CASE}/input/c.jsonl','format'='json');
SELECT id,
  COALESCE(e, 0) AS a,
  IFNULL(e, -5) AS b,
  NULLIF(e, 3) AS c,
  IF(e > 1, 'big', 'small') AS d,
  GREATEST(e, 2, id) AS g,
  LEAST(e, 2, id) AS l,
  COALESCE(t[1], 'none') AS f,
  COALESCE(CAST(NULL AS INT), e, id) AS h
FROM c;
