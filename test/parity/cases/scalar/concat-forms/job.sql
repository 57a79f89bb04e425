-- CONCAT and CONCAT_WS with NULL separators and arguments, || of text
CREATE TABLE x (
  id INT, s STRING, u STRING, n INT
) WITH ('connector'='filesystem','path'='${CASE}/input/x.jsonl','format'='json');
SELECT id,
  CONCAT(s, u) AS a,
  CONCAT(s) AS a1,
  s || '|' || u AS b,
  CONCAT_WS(u, s, 'k', CAST(NULL AS STRING)) AS c,
  CONCAT_WS('-', CAST(NULL AS STRING)) AS d,
  CONCAT_WS(CAST(NULL AS STRING), 'a') AS e,
  CONCAT('<', CAST(n AS STRING), '>') AS f
FROM x;
