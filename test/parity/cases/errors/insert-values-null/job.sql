-- an untyped NULL in the VALUES of an INSERT, though the sink has a type for it
CREATE TABLE log (id INT, msg STRING) WITH ('connector' = 'blackhole');
INSERT INTO log VALUES (1, 'a'), (2, NULL);
