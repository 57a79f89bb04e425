-- in which order a row is repeated for its grouping sets
CREATE TABLE g (a STRING, b INT, c INT) WITH ('connector'='filesystem','path'='${CASE}/input/g.jsonl','format'='json');
SELECT a, b, c, COUNT(*) AS n, GROUPING_ID(a, b, c) AS gid FROM g GROUP BY GROUPING SETS ((c), (a), (), (b, a), (a, b, c), (c, a));
