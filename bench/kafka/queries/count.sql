SET 'execution.checkpointing.interval' = '1 s';
SET 'execution.checkpointing.dir' = '${CHECKPOINTS}';

CREATE TABLE bid (
  `auction` BIGINT,
  `bidder` BIGINT,
  `price` BIGINT,
  `channel` STRING,
  `url` STRING,
  `dateTime` TIMESTAMP(3),
  `extra` STRING,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH ('connector'='kafka','topic'='${TOPIC}','properties.bootstrap.servers'='${SERVERS}','properties.group.id'='bench-${ENGINE}',
  'scan.startup.mode'='earliest-offset','scan.bounded.mode'='latest-offset','format'='json');

CREATE TABLE counts (`auction` BIGINT, `window_start` TIMESTAMP(3), `bids` BIGINT)
WITH ('connector'='kafka','topic'='${RESULTS}','properties.bootstrap.servers'='${SERVERS}','properties.transaction.timeout.ms'='700000',
  'sink.delivery-guarantee'='exactly-once','sink.transactional-id-prefix'='bench-${ENGINE}','format'='json');

INSERT INTO counts
SELECT `auction`, window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
GROUP BY `auction`, window_start, window_end;
