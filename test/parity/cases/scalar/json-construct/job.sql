-- JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_QUOTE, JSON_UNQUOTE: types, NULL behaviour, nesting, escaping
CREATE TABLE x (
  id INT, s STRING, n BIGINT, d DOUBLE, p DECIMAL(10,2), b BOOLEAN, f FLOAT, ts TIMESTAMP(3), dt DATE, tm TIME, a ARRAY<INT>, m MAP<STRING, INT>, r ROW<k INT, v STRING>, l TIMESTAMP_LTZ(3), y BYTES
) WITH ('connector'='filesystem','path'='${CASE}/input/x.jsonl','format'='json');
SELECT id,
  JSON_OBJECT('k' VALUE s) AS o1,
  JSON_OBJECT(KEY 'i' VALUE id, KEY 's' VALUE s, KEY 'n' VALUE n ABSENT ON NULL) AS o2,
  JSON_OBJECT('d' VALUE d, 'p' VALUE p, 'b' VALUE b, 'f' VALUE f) AS o3,
  JSON_OBJECT('ts' VALUE ts, 'l' VALUE l) AS o4,
  JSON_OBJECT('a' VALUE a, 'm' VALUE m, 'r' VALUE r, 'y' VALUE y) AS o5,
  JSON_OBJECT() AS o6,
  JSON_OBJECT('z' VALUE 1, 'a' VALUE JSON_OBJECT('y' VALUE 1, 'b' VALUE JSON_ARRAY(1, s))) AS o7,
  JSON_OBJECT('n' VALUE CAST(NULL AS STRING) NULL ON NULL) AS o8,
  JSON_ARRAY() AS a0,
  JSON_ARRAY(id, s, n, d, b) AS a1,
  JSON_ARRAY(id, s, n NULL ON NULL) AS a2,
  JSON_ARRAY(JSON_ARRAY(s), JSON_OBJECT('q' VALUE d)) AS a3,
  JSON_STRING(s) AS js,
  JSON_STRING(n) AS jn,
  JSON_STRING(d) AS jd,
  JSON_STRING(p) AS jp,
  JSON_STRING(a) AS ja,
  JSON_STRING(m) AS jm,
  JSON_STRING(r) AS jr,
  JSON_STRING(ts) AS jt,
  JSON_STRING(b) AS jb,
  JSON_QUOTE(s) AS q,
  JSON_UNQUOTE(s) AS uq,
  JSON_UNQUOTE(JSON_QUOTE(s)) AS uqq,
  JSON_OBJECT('j' VALUE JSON('{"x": [1, 2.50]}')) AS jj
FROM x;
