-- an untyped NULL in a row
SELECT ROW(1, NULL) AS x;
