-- functions of java.lang.Math of which C libraries give another last digit
CREATE TABLE n (x DOUBLE) WITH ('connector'='filesystem','path'='${CASE}/input/n.jsonl','format'='json');
SELECT x, ASIN(x) AS a, ACOS(x) AS b, ATAN(x) AS c, ATAN2(x, 3) AS d, ATAN2(-2, x) AS e, SINH(x) AS f, COSH(x) AS g, TANH(x) AS h,
  LOG10(ABS(x)) AS i, SIN(x) AS j, COS(x) AS k, TAN(x) AS l, COT(x) AS m, EXP(x) AS n, LN(ABS(x)) AS o, LOG2(ABS(x)) AS p, SQRT(ABS(x)) AS q, DEGREES(x) AS r, RADIANS(x) AS s
FROM n WHERE x <> 0;
