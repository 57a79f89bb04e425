CREATE TABLE records (`bytes` BYTES)
WITH ('connector'='kafka','topic'='${TOPIC}','properties.bootstrap.servers'='${SERVERS}','properties.group.id'='bench-consume',
  'scan.startup.mode'='earliest-offset','scan.bounded.mode'='latest-offset','format'='raw');

CREATE TABLE nowhere (`bytes` BYTES) WITH ('connector'='blackhole');

INSERT INTO nowhere SELECT `bytes` FROM records;
