-- INSTR, LOCATE and POSITION from negative, zero and large starts; OVERLAY out of range; code points and UTF-16 units
CREATE TABLE x (
  id INT, s STRING, u STRING, n INT
) WITH ('connector'='filesystem','path'='${CASE}/input/x.jsonl','format'='json');
SELECT id,
  INSTR(s, u) AS i1,
  LOCATE(u, s, n) AS l_n,
  LOCATE('b', s, -1) AS lneg,
  LOCATE('', s, 3) AS le,
  POSITION('y' IN s) AS py,
  OVERLAY(s PLACING '##' FROM n) AS o1,
  OVERLAY(s PLACING u FROM 3 FOR 0) AS o2,
  OVERLAY(s PLACING '__' FROM 1 FOR -1) AS o3,
  OVERLAY(s PLACING 'zz' FROM 4 FOR 100) AS o4
FROM x
WHERE id <> 8;
