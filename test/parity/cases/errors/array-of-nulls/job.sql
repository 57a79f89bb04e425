-- an array of untyped NULLs
SELECT ARRAY[NULL, NULL] AS x;
