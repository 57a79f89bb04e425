-- RETURNING VARCHAR(n) cuts what JSON_VALUE and JSON_QUERY find
SELECT JSON_VALUE('{"a": "abcdef"}', '$.a' RETURNING VARCHAR(3)) AS v,
  JSON_VALUE('{"a": "ab"}', '$.a' RETURNING VARCHAR(3)) AS w,
  JSON_VALUE('{"b": 1}', '$.a' RETURNING VARCHAR(3) DEFAULT 'abcdef' ON EMPTY) AS x,
  JSON_QUERY('{"a": [1, 2]}', '$.a' RETURNING VARCHAR(3)) AS q,
  JSON_QUERY('{"a": ["b", "c"]}', '$.a' RETURNING ARRAY<STRING>) AS r
FROM (VALUES (1)) AS t (id);
