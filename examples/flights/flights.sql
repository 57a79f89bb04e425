-- A month of departures from New York (January 2013, real): what was late, who was late, which aircraft flew most.
-- Run it:  npm run demo        or        node_modules/.bin/sabot sql -f examples/flights/flights.sql
CREATE TABLE flights (
  `year` INT,
  `month` INT,
  `day` INT,
  dep_time INT,
  sched_dep_time INT,
  dep_delay INT,
  arr_time INT,
  sched_arr_time INT,
  arr_delay INT,
  carrier STRING,
  flight INT,
  tailnum STRING,
  origin STRING,
  dest STRING,
  air_time INT,
  distance INT,
  `hour` INT,
  `minute` INT,
  time_hour TIMESTAMP(3),
  scheduled AS TIMESTAMPADD(MINUTE, `minute`, time_hour),
  WATERMARK FOR scheduled AS scheduled - INTERVAL '1' DAY
) WITH (
  'connector' = 'filesystem',
  'path' = '${DATA}/flights-2013-01.csv',
  'format' = 'csv',
  'csv.null-literal' = 'NA'
);

-- Departures and mean delay per airport and hour; shown are the hours in which the mean delay was an hour or more.
SELECT origin, window_start, departures, mean_delay
FROM (
  SELECT origin, window_start, COUNT(dep_time) AS departures, AVG(CAST(dep_delay AS DOUBLE)) AS mean_delay
  FROM TABLE(TUMBLE(TABLE flights, DESCRIPTOR(scheduled), INTERVAL '1' HOUR))
  GROUP BY origin, window_start, window_end)
WHERE mean_delay >= 60 AND departures >= 10;

-- Of every twelve hours, sliding by six: the carrier with the most delayed departures.
SELECT window_start, window_end, carrier, delayed_departures
FROM (
  SELECT *, ROW_NUMBER() OVER (
    PARTITION BY window_start, window_end ORDER BY delayed_departures DESC, carrier) AS place
  FROM (
    SELECT window_start, window_end, carrier, COUNT(*) FILTER (WHERE dep_delay > 15) AS delayed_departures
    FROM TABLE(HOP(TABLE flights, DESCRIPTOR(scheduled), INTERVAL '6' HOUR, INTERVAL '12' HOUR))
    GROUP BY window_start, window_end, carrier))
WHERE place = 1 AND delayed_departures >= 20;

-- Sessions of an aircraft: departures less than ten hours apart. Shown are those with six legs or more.
SELECT tailnum, window_start, window_end, COUNT(*) AS legs, SUM(air_time) AS minutes_flown
FROM TABLE(SESSION(TABLE flights PARTITION BY tailnum, DESCRIPTOR(scheduled), INTERVAL '10' HOUR))
WHERE tailnum IS NOT NULL
GROUP BY tailnum, window_start, window_end
HAVING COUNT(*) >= 6;
