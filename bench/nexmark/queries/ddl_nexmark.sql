-- The bids of Nexmark from the engine's own generator: no file, no decoding.
CREATE TABLE bid (
  `auction` BIGINT,
  `bidder` BIGINT,
  `price` BIGINT,
  `channel` STRING,
  `url` STRING,
  `dateTime` TIMESTAMP(3),
  `extra` STRING,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH ('connector'='nexmark','table'='bid','rows'='${ROWS}','seed'='${SEED}');
