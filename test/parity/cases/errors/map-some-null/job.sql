-- a map with a value and an untyped NULL
SELECT MAP['a', 1, 'b', NULL] AS x;
