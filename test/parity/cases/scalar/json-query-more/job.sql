-- JSON_QUERY: wrappers, wildcards, slices, filters, deep scan, RETURNING ARRAY
CREATE TABLE s (
  id INT, s STRING
) WITH ('connector'='filesystem','path'='${CASE}/input/s.jsonl','format'='json');
SELECT id,
  JSON_QUERY(s, '$.c') AS c,
  JSON_QUERY(s, '$.c[*]') AS cs,
  JSON_QUERY(s, '$.d') AS d,
  JSON_QUERY(s, '$') AS root,
  JSON_QUERY(s, 'lax $.a') AS la,
  JSON_QUERY(s, 'strict $.a' EMPTY ARRAY ON ERROR) AS sa,
  JSON_QUERY(s, '$.a' WITH UNCONDITIONAL WRAPPER) AS aw,
  JSON_QUERY(s, '$.b' WITH CONDITIONAL WRAPPER) AS bw,
  JSON_QUERY(s, '$.c' WITH CONDITIONAL ARRAY WRAPPER) AS cw,
  JSON_QUERY(s, '$.c' WITH UNCONDITIONAL ARRAY WRAPPER) AS cu,
  JSON_QUERY(s, '$..a') AS deep,
  JSON_QUERY(s, '$.c[0:2]') AS sl,
  JSON_QUERY(s, '$.c[-2:]') AS sl2,
  JSON_QUERY(s, '$.c[0,2]') AS un,
  JSON_QUERY(s, '$.store.book[?(@.p > 10)]') AS f1,
  JSON_QUERY(s, '$.store.book[?(@.t == ''A'')].p') AS f2,
  JSON_QUERY(s, '$.store.book[*].t') AS bt,
  JSON_QUERY(s, '$.*') AS star,
  JSON_QUERY(s, '$[''a'',''b'']') AS ab,
  JSON_QUERY(s, 'lax $.zz' EMPTY OBJECT ON EMPTY) AS zo,
  JSON_QUERY(s, 'lax $.zz' NULL ON EMPTY) AS zn,
  JSON_QUERY(s, '$.c' RETURNING ARRAY<STRING>) AS ra,
  JSON_QUERY(s, '$.c' RETURNING ARRAY<STRING> EMPTY ARRAY ON ERROR) AS re
FROM s;
