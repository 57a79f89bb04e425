-- UPPER, LOWER, INITCAP (ASCII), UCASE-like full case mapping of text outside ASCII, CHAR_LENGTH in code points
CREATE TABLE x (
  id INT, s STRING, u STRING, n INT
) WITH ('connector'='filesystem','path'='${CASE}/input/x.jsonl','format'='json');
SELECT id,
  UPPER(s) AS up,
  LOWER(s) AS lo,
  INITCAP(s) AS ic,
  CHAR_LENGTH(s) AS cl,
  CHARACTER_LENGTH(s) AS chl,
  UPPER(u) AS uu,
  LOWER(u) AS lu
FROM x;
