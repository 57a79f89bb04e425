-- the order in which maps give their keys: a hash map's where they are read or split, the last argument first in MAP_UNION
CREATE TABLE t (id INT, k STRING, m MAP<STRING, INT>) WITH ('connector'='filesystem','path'='${CASE}/input/m.jsonl','format'='json');
SELECT id, MAP_KEYS(m) AS ks, MAP_VALUES(m) AS vs, MAP_ENTRIES(m) AS es, CAST(m AS STRING) AS st, MAP_KEYS(MAP['zeta', 1, 'alpha', 2, k, 3]) AS c,
  MAP_ENTRIES(MAP_UNION(MAP[k, 1, 'y', 2], m, MAP['y', 8, 'w', 9])) AS u, MAP_KEYS(MAP_FROM_ARRAYS(ARRAY['zeta', 'alpha', 'beta'], ARRAY[1, 2, 3])) AS fa,
  MAP_ENTRIES(STR_TO_MAP('zeta=1,alpha=2,beta=3,gamma=4,delta=5,eta=6')) AS s6, MAP_KEYS(STR_TO_MAP('zeta=1,alpha=2,zeta=3,alpha=5,zeta=6,alpha=1,beta=3')) AS s7
FROM t;
