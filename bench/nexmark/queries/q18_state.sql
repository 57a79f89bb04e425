-- The state of Nexmark's q18, a row for each bidder and auction, as a GROUP BY.
CREATE TABLE sink_q18_state (bidder BIGINT, auction BIGINT, price BIGINT, channel STRING, `dateTime` TIMESTAMP(3), bids BIGINT) WITH ('connector'='${SINK}');
INSERT INTO sink_q18_state
SELECT bidder, auction, LAST_VALUE(price), LAST_VALUE(channel), MAX(`dateTime`), COUNT(*)
FROM bid GROUP BY bidder, auction;
