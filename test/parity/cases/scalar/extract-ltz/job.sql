-- EXTRACT and FLOOR/CEIL of TIMESTAMP_LTZ in a session zone with daylight saving
SET 'table.local-time-zone'='America/New_York';
CREATE TABLE t (
  id INT, ts TIMESTAMP(3), l TIMESTAMP_LTZ(3), d DATE, tm TIME, t2 TIMESTAMP(3), n INT
) WITH ('connector'='filesystem','path'='${CASE}/input/t.jsonl','format'='json');
SELECT id,
  EXTRACT(YEAR FROM l) AS l_year,
  EXTRACT(QUARTER FROM l) AS l_quarter,
  EXTRACT(MONTH FROM l) AS l_month,
  EXTRACT(WEEK FROM l) AS l_week,
  EXTRACT(DAY FROM l) AS l_day,
  EXTRACT(DOY FROM l) AS l_doy,
  EXTRACT(DOW FROM l) AS l_dow,
  EXTRACT(HOUR FROM l) AS l_hour,
  EXTRACT(MINUTE FROM l) AS l_minute,
  EXTRACT(SECOND FROM l) AS l_second,
  EXTRACT(MILLISECOND FROM l) AS l_millisecond,
  EXTRACT(EPOCH FROM l) AS l_epoch,
  FLOOR(l TO SECOND) AS f_second,
  FLOOR(l TO MINUTE) AS f_minute,
  FLOOR(l TO HOUR) AS f_hour,
  FLOOR(l TO DAY) AS f_day,
  FLOOR(l TO WEEK) AS f_week,
  FLOOR(l TO MONTH) AS f_month,
  FLOOR(l TO QUARTER) AS f_quarter,
  FLOOR(l TO YEAR) AS f_year,
  CEIL(l TO SECOND) AS c_second,
  CEIL(l TO MINUTE) AS c_minute,
  CEIL(l TO HOUR) AS c_hour,
  CEIL(l TO DAY) AS c_day,
  CEIL(l TO WEEK) AS c_week,
  CEIL(l TO MONTH) AS c_month,
  CEIL(l TO QUARTER) AS c_quarter,
  CEIL(l TO YEAR) AS c_year
FROM t
WHERE id <> 9;
