-- MAP_KEYS, MAP_VALUES, MAP_ENTRIES, MAP_FROM_ARRAYS, MAP_UNION, MAP[...], CARDINALITY, ELEMENT, key access
CREATE TABLE c (
  id INT, a ARRAY<INT>, b ARRAY<INT>, t ARRAY<STRING>, k ARRAY<STRING>, m MAP<STRING, INT>, e INT, q ARRAY<ARRAY<INT>>
) WITH ('connector'='filesystem','path'='${CASE}/input/c.jsonl','format'='json');
SELECT id,
  ARRAY_SORT(MAP_KEYS(m)) AS mk,
  ARRAY_SORT(MAP_VALUES(m)) AS mv,
  CARDINALITY(MAP_ENTRIES(m)) AS me,
  MAP_ENTRIES(MAP['k', e]) AS me1,
  MAP_FROM_ARRAYS(ARRAY['p', 'q'], ARRAY[e, 2]) AS mf,
  MAP_UNION(m, MAP['x', 100, 'w', e]) AS mu,
  MAP_UNION(m) AS mu1,
  MAP['k', e, 'j', 1] AS mm,
  CARDINALITY(m) AS cm,
  m['x'] AS mx,
  m[t[1]] AS mt,
  ELEMENT(ARRAY[e]) AS el,
  MAP['a', 1, 'a', e] AS dup
FROM c;
