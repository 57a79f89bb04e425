-- JSON_EXISTS on every behaviour, IS JSON in all forms
CREATE TABLE s (
  id INT, s STRING
) WITH ('connector'='filesystem','path'='${CASE}/input/s.jsonl','format'='json');
SELECT id,
  JSON_EXISTS(s, '$.a') AS a,
  JSON_EXISTS(s, 'lax $.b') AS b,
  JSON_EXISTS(s, 'lax $.c[5]') AS c5,
  JSON_EXISTS(s, 'strict $.zz' TRUE ON ERROR) AS zt,
  JSON_EXISTS(s, '$.c[*].a') AS w,
  JSON_EXISTS(s, '$..zz') AS dz,
  JSON_EXISTS(s, 'lax $..zz') AS ldz,
  JSON_EXISTS(s, '$.store.book[?(@.p < 10)]') AS f,
  s IS JSON AS j,
  s IS JSON VALUE AS jv,
  s IS JSON SCALAR AS js,
  s IS JSON ARRAY AS ja,
  s IS JSON OBJECT AS jo,
  s IS NOT JSON OBJECT AS jno
FROM s;
