SET 'execution.checkpointing.interval' = '1 s';
SET 'execution.checkpointing.dir' = '${CHECKPOINTS}';

CREATE TABLE bid (
  `auction` BIGINT,
  `at` BIGINT,
  `ts` AS CAST(TO_TIMESTAMP_LTZ(`at`, 3) AS TIMESTAMP(3)),
  WATERMARK FOR `ts` AS `ts` - INTERVAL '0.001' SECOND
) WITH ('connector'='kafka','topic'='${TOPIC}','properties.bootstrap.servers'='${SERVERS}','properties.group.id'='bench-latency',
  'scan.startup.mode'='earliest-offset','format'='json');

CREATE TABLE counts (`auction` BIGINT, `end_ms` BIGINT, `bids` BIGINT)
WITH ('connector'='kafka','topic'='${RESULTS}','properties.bootstrap.servers'='${SERVERS}','properties.transaction.timeout.ms'='700000',
  'sink.delivery-guarantee'='${GUARANTEE}','sink.transactional-id-prefix'='latency-${TOPIC}','format'='json');

INSERT INTO counts
SELECT `auction`,
  CAST(TIMESTAMPDIFF(SECOND, TIMESTAMP '1970-01-01 00:00:00', window_end) AS BIGINT) * 1000 + EXTRACT(MILLISECOND FROM window_end),
  COUNT(*)
FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(`ts`), INTERVAL '${WINDOW}' SECOND))
GROUP BY `auction`, window_start, window_end;
