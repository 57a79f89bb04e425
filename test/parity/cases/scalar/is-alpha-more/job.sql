-- IS_ALPHA, IS_DIGIT and IS_DECIMAL beyond ASCII, signs, exponents, blanks, hexadecimal
CREATE TABLE x (
  id INT, s STRING
) WITH ('connector'='filesystem','path'='${CASE}/input/x.jsonl','format'='json');
SELECT id,
  IS_ALPHA(s) AS a,
  IS_DIGIT(s) AS d,
  IS_DECIMAL(s) AS e,
  IS_DIGIT(id) AS di,
  IS_DECIMAL(id) AS ei,
  IS_ALPHA(id) AS ai,
  IS_DECIMAL(CAST(id AS DOUBLE)) AS ed
FROM x;
