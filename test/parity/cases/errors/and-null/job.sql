-- AND with an untyped NULL
SELECT TRUE AND NULL AS x;
