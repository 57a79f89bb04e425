-- OVERLAPS of periods given by ends and by intervals
CREATE TABLE t (
  id INT, ts TIMESTAMP(3), l TIMESTAMP_LTZ(3), d DATE, tm TIME, t2 TIMESTAMP(3), n INT
) WITH ('connector'='filesystem','path'='${CASE}/input/t.jsonl','format'='json');
SELECT id,
  (ts, INTERVAL '400' DAY(3)) OVERLAPS (t2, INTERVAL '1' DAY) AS a,
  (ts, t2) OVERLAPS (TIMESTAMP '2024-03-01 00:00:00', TIMESTAMP '2024-04-01 00:00:00') AS b,
  (d, DATE '2024-06-01') OVERLAPS (DATE '2024-01-01', INTERVAL '10' DAY) AS c,
  (TIME '09:00:00', INTERVAL '1' HOUR) OVERLAPS (TIME '09:30:00', TIME '10:30:00') AS e,
  (TIME '09:00:00', TIME '09:00:00') OVERLAPS (TIME '09:00:00', TIME '10:30:00') AS f,
  (t2, ts) OVERLAPS (ts, t2) AS g
FROM t;
