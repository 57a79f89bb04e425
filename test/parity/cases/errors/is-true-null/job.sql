-- IS TRUE of an untyped NULL
SELECT NULL IS TRUE AS x;
