-- UNIX_TIMESTAMP and FROM_UNIXTIME with SimpleDateFormat patterns, lenient fields, failures; CONVERT_TZ
CREATE TABLE s (
  id INT, s STRING
) WITH ('connector'='filesystem','path'='${CASE}/input/s.jsonl','format'='json');
SELECT id,
  UNIX_TIMESTAMP(s) AS u0,
  UNIX_TIMESTAMP(s, 'yyyy-MM-dd') AS u1,
  UNIX_TIMESTAMP(s, 'yyyyMMdd') AS u2,
  UNIX_TIMESTAMP(s, 'd MMM yyyy') AS u3,
  UNIX_TIMESTAMP(s, 'yy-M-d') AS u4,
  UNIX_TIMESTAMP(s, 'EEE, dd MMM yyyy hh:mm:ss a') AS u5,
  UNIX_TIMESTAMP(s, 'HH:mm:ss') AS u6,
  UNIX_TIMESTAMP(s, 'yyyy-MM-dd HH:mm:ss.SSS') AS u7,
  FROM_UNIXTIME(id * 86399) AS f0,
  FROM_UNIXTIME(id * 8639913, 'yyyy/MM/dd') AS f1,
  FROM_UNIXTIME(-id, 'EEE d MMM yy hh:mm a') AS f2,
  FROM_UNIXTIME(id * 1000000, 'yyyy-MM-dd''T''HH:mm:ss.SSSZ') AS f3,
  FROM_UNIXTIME(id * 1000000, 'D w W u k K E') AS f4,
  CONVERT_TZ(s, 'UTC', 'America/Los_Angeles') AS c0,
  CONVERT_TZ(s, 'Europe/Berlin', 'Asia/Tokyo') AS c1,
  CONVERT_TZ(s, 'GMT+03:00', 'UTC') AS c2,
  CONVERT_TZ(s, 'Nowhere/Land', 'UTC') AS c3,
  CONVERT_TZ('2024-03-31 02:30:00', 'Europe/Berlin', 'UTC') AS gap,
  CONVERT_TZ('2024-10-27 02:30:00', 'Europe/Berlin', 'UTC') AS ovl,
  CONVERT_TZ(s, 'PST', 'EST') AS c4
FROM s;
