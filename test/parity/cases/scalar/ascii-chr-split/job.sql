-- ASCII, CHR, SPLIT_INDEX by text and by character code, SPLIT
CREATE TABLE x (
  id INT, s STRING, u STRING, n INT
) WITH ('connector'='filesystem','path'='${CASE}/input/x.jsonl','format'='json');
SELECT id,
  ASCII(s) AS a,
  ASCII(u) AS au,
  CHR(n) AS c,
  CHR(CHAR_LENGTH(s) + 160) AS cl,
  SPLIT_INDEX(s, u, 1) AS i1,
  SPLIT_INDEX(s, ',', 0) AS i0,
  SPLIT_INDEX(s, ',', 4) AS i4,
  SPLIT_INDEX(s, 44, 2) AS ic,
  SPLIT_INDEX(s, ' ', -1) AS im,
  SPLIT_INDEX(s, n, 1) AS iv,
  SPLIT(s, u) AS sp,
  SPLIT(s, '') AS se,
  SPLIT(s, ' ') AS sb
FROM x;
