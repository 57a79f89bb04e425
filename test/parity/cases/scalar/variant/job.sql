-- PARSE_JSON, TRY_PARSE_JSON and access to members and elements of VARIANT
CREATE TABLE v (id INT, js STRING) WITH ('connector'='filesystem','path'='${CASE}/input/v.jsonl','format'='json');
SELECT id, TRY_PARSE_JSON(js) AS v,
  CASE WHEN id < 4 THEN PARSE_JSON(js)['a'] END AS a,
  CASE WHEN id < 4 THEN PARSE_JSON(js, TRUE)['b'][2] END AS b2,
  TRY_PARSE_JSON(js, TRUE) AS dup
FROM v;
