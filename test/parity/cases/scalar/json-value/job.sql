-- JSON_VALUE: paths, RETURNING types, ON EMPTY and ON ERROR, lax and strict
CREATE TABLE s (
  id INT, s STRING
) WITH ('connector'='filesystem','path'='${CASE}/input/s.jsonl','format'='json');
SELECT id,
  JSON_VALUE(s, '$.a') AS a,
  JSON_VALUE(s, '$.b') AS b,
  JSON_VALUE(s, '$.c[1]') AS c1,
  JSON_VALUE(s, '$.c[-1]') AS cm,
  JSON_VALUE(s, 'lax $.d.f') AS df,
  JSON_VALUE(s, 'lax $.c') AS lc,
  JSON_VALUE(s, 'strict $.c' DEFAULT 'err' ON ERROR) AS sc,
  JSON_VALUE(s, 'lax $.zz' DEFAULT 'none' ON EMPTY) AS z,
  JSON_VALUE(s, 'strict $.zz' DEFAULT 'err' ON ERROR) AS ze,
  JSON_VALUE(s, '$.d.e' DEFAULT 'null!' ON EMPTY) AS de,
  JSON_VALUE(s, '$') AS root,
  JSON_VALUE(s, '$[1]') AS i1,
  JSON_VALUE(s, '$[''x y'']') AS xy,
  JSON_VALUE(s, '$.k.z') AS kz,
  JSON_VALUE(s, '$[''k.z'']') AS kz2,
  JSON_VALUE(s, '$..a') AS deep,
  JSON_VALUE(s, '$.c[*].a') AS wild,
  JSON_VALUE(s, '$.c.length()') AS len,
  JSON_VALUE(s, 'lax $.store.book[?(@.p > 10)].t') AS filt,
  JSON_VALUE(s, '$.store.n' RETURNING INTEGER) AS ri,
  JSON_VALUE(s, '$.c[0]' RETURNING INTEGER DEFAULT -1 ON EMPTY DEFAULT -2 ON ERROR) AS rd,
  JSON_VALUE(s, '$.d.f' RETURNING BOOLEAN) AS rb,
  JSON_VALUE(s, '$.store.book[1].p' RETURNING DOUBLE) AS rdb,
  JSON_VALUE(s, '$.a.a.a') AS aaa
FROM s;
