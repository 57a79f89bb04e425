-- DATE_FORMAT with patterns of java.time's DateTimeFormatter, of TIMESTAMP and of text
CREATE TABLE t (
  id INT, ts TIMESTAMP(3), l TIMESTAMP_LTZ(3), d DATE, tm TIME, t2 TIMESTAMP(3), n INT
) WITH ('connector'='filesystem','path'='${CASE}/input/t.jsonl','format'='json');
SELECT id,
  DATE_FORMAT(ts, 'yyyy-MM-dd') AS p0,
  DATE_FORMAT(ts, 'HH:mm') AS p1,
  DATE_FORMAT(ts, 'yyyy-MM-dd HH:mm:ss.SSS') AS p2,
  DATE_FORMAT(ts, 'yy/M/d H:m:s') AS p3,
  DATE_FORMAT(ts, 'EEE, d MMM yyyy') AS p4,
  DATE_FORMAT(ts, 'EEEE MMMM dd') AS p5,
  DATE_FORMAT(ts, 'hh:mm a') AS p6,
  DATE_FORMAT(ts, 'D DDD') AS p7,
  DATE_FORMAT(ts, 'w W e') AS p8,
  DATE_FORMAT(ts, 'Q QQ QQQ') AS p9,
  DATE_FORMAT(ts, 'uuuu-MM') AS p10,
  DATE_FORMAT(ts, 'S SS SSSSSS') AS p11,
  DATE_FORMAT(ts, 'n N A') AS p12,
  DATE_FORMAT(ts, 'kk K') AS p13,
  DATE_FORMAT(ts, 'yyyy''''MM''T''') AS p14,
  DATE_FORMAT(ts, 'G') AS p15,
  DATE_FORMAT(ts, 'yyyyMMddHHmmss') AS p16,
  DATE_FORMAT(ts, 'MMM-yy') AS p17,
  DATE_FORMAT(ts, 'L LL LLL') AS p18,
  DATE_FORMAT(ts, 'y yyyyy') AS p19,
  DATE_FORMAT(ts, '[yyyy][-MM]') AS p20,
  DATE_FORMAT(ts, 'E e c') AS p21,
  DATE_FORMAT(ts, 'YYYY-ww') AS p22,
  DATE_FORMAT(ts, 'F') AS p23,
  DATE_FORMAT(CAST(ts AS STRING), 'yyyy/MM') AS st,
  DATE_FORMAT('2024-02-29 10:11:12', 'dd.MM.yyyy HH') AS lit
FROM t;
