-- The letters as they are committed.
CREATE TABLE letters (customer STRING, `text` STRING, written TIMESTAMP_LTZ(3) METADATA FROM 'timestamp')
WITH ('connector' = 'kafka', 'topic' = 'letters', 'properties.bootstrap.servers' = '${BROKERS}',
  'scan.startup.mode' = 'earliest-offset', 'format' = 'json');

SELECT * FROM letters;
