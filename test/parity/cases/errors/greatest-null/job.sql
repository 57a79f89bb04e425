-- an untyped NULL among the arguments of GREATEST
SELECT GREATEST(1, NULL) AS x;
