-- Scripts that Flink 2.3 runs, by area and name; every statement must pass the analyser.

--@ scalar/array-basic | id,a1,a3,t2,ca,c1,cta,cn,mk,mk2,mx
-- element access (out of range is NULL), CARDINALITY, ARRAY_CONTAINS, array constructor
CREATE TABLE c (
  id INT, a ARRAY<INT>, t ARRAY<STRING>, m MAP<STRING, INT>, r ROW<p INT, q ROW<z STRING>>
) WITH ('connector'='filesystem','path'='/case/input/c.jsonl','format'='json');
SELECT id, a[1] AS a1, a[3] AS a3, t[2] AS t2, CARDINALITY(a) AS ca, ARRAY_CONTAINS(a, 1) AS c1, ARRAY_CONTAINS(t, 'a') AS cta, ARRAY_CONTAINS(a, CAST(NULL AS INT)) AS cn, ARRAY[id, id + 1] AS mk, ARRAY[id, id + 1][2] AS mk2, ARRAY['x', t[1]] AS mx FROM c;

--@ scalar/array-transform | id,d,s,sd,snf,rv,sl,sn,rm,st
-- ARRAY_DISTINCT, ARRAY_SORT (default, descending, nulls), ARRAY_REVERSE, ARRAY_SLICE, ARRAY_REMOVE
CREATE TABLE c (
  id INT, a ARRAY<INT>, t ARRAY<STRING>, m MAP<STRING, INT>, r ROW<p INT, q ROW<z STRING>>
) WITH ('connector'='filesystem','path'='/case/input/c.jsonl','format'='json');
SELECT id, ARRAY_DISTINCT(a) AS d, ARRAY_SORT(a) AS s, ARRAY_SORT(a, FALSE) AS sd, ARRAY_SORT(a, TRUE, TRUE) AS snf, ARRAY_REVERSE(a) AS rv, ARRAY_SLICE(a, 2, 3) AS sl, ARRAY_SLICE(a, -2) AS sn, ARRAY_REMOVE(a, 1) AS rm, ARRAY_SORT(t) AS st FROM c;

--@ scalar/bytes | id,b,bs,sb,eq,lit,h,same
-- BYTES from base64 JSON, CAST between STRING and BYTES, comparison, hash and hex of bytes
CREATE TABLE c (
  id INT, b BYTES, s STRING
) WITH ('connector'='filesystem','path'='/case/input/c.jsonl','format'='json');
SELECT id, b, CAST(b AS STRING) AS bs, CAST(s AS BYTES) AS sb, b = CAST(s AS BYTES) AS eq, x'0aFF' AS lit, HEX(s) AS h, ENCODE(s, 'UTF-8') = CAST(s AS BYTES) AS same FROM c;

--@ scalar/case-when | id,a,b1,c1,d1,e1,f1
-- searched and simple CASE, missing ELSE, type coercion of branches (INT, DECIMAL, DOUBLE), CHAR branches of different length
CREATE TABLE c (
  id INT, i INT, j BIGINT, p DECIMAL(6,2), s STRING, b BOOLEAN
) WITH ('connector'='filesystem','path'='/case/input/c.jsonl','format'='json');
SELECT id, CASE WHEN i > 3 THEN 'big' WHEN i > 0 THEN 'small' ELSE 'none' END AS a, CASE i WHEN 1 THEN 'one' WHEN 2 THEN 'two' END AS b1, CASE WHEN b THEN i ELSE p END AS c1, CASE WHEN b THEN i ELSE CAST(0.5 AS DOUBLE) END AS d1, CASE WHEN b THEN i ELSE j END AS e1, CASE WHEN i IS NULL THEN 'null!' ELSE s END AS f1 FROM c;

--@ scalar/cast-number-to-string | id,ls,xs,ps,fs,bs,l3,x4,c6,b7
-- CAST numbers and booleans to STRING: DOUBLE exponent form, FLOAT, DECIMAL scale
CREATE TABLE c (
  id INT, l BIGINT, x DOUBLE, p DECIMAL(12,4), f FLOAT, b BOOLEAN
) WITH ('connector'='filesystem','path'='/case/input/c.jsonl','format'='json');
SELECT id, CAST(l AS STRING) AS ls, CAST(x AS STRING) AS xs, CAST(p AS STRING) AS ps, CAST(f AS STRING) AS fs, CAST(b AS STRING) AS bs, CAST(l AS VARCHAR(3)) AS l3, CAST(x AS VARCHAR(4)) AS x4, '<' || CAST(l AS CHAR(6)) || '>' AS c6, '<' || CAST(b AS CHAR(7)) || '>' AS b7 FROM c;

--@ scalar/cast-string-varlen | id,v3,c5,l4,eq
-- CAST STRING to VARCHAR(n) truncates, CHAR(n) pads and truncates, comparison after
CREATE TABLE s (
  id INT, s STRING
) WITH ('connector'='filesystem','path'='/case/input/s.jsonl','format'='json');
SELECT id, CAST(s AS VARCHAR(3)) AS v3, '[' || CAST(s AS CHAR(5)) || ']' AS c5, CHAR_LENGTH(CAST(s AS CHAR(4))) AS l4, CAST(s AS CHAR(3)) = 'ab' AS eq FROM s;

--@ scalar/ceil-floor-abs-sign | id,cx,fx,cp,fp,ci,ax,ap,ai,sx,sp,si
-- CEIL, FLOOR, ABS, SIGN keep the operand type
CREATE TABLE r (
  id INT, x DOUBLE, p DECIMAL(9,3), i INT
) WITH ('connector'='filesystem','path'='/case/input/r.jsonl','format'='json');
SELECT id, CEIL(x) AS cx, FLOOR(x) AS fx, CEIL(p) AS cp, FLOOR(p) AS fp, CEIL(i) AS ci, ABS(x) AS ax, ABS(p) AS ap, ABS(i) AS ai, SIGN(x) AS sx, SIGN(p) AS sp, SIGN(i) AS si FROM r;

--@ scalar/concat-nulls | id,a,b,c,d,e,f
-- || and CONCAT give NULL on NULL, CONCAT_WS skips NULLs
CREATE TABLE x (
  id INT, s STRING, u STRING, n INT
) WITH ('connector'='filesystem','path'='/case/input/x.jsonl','format'='json');
SELECT id, s || u AS a, CONCAT(s, '-', u) AS b, CONCAT_WS('/', s, u, CAST(n AS STRING)) AS c, CONCAT_WS(u, 'p', 'q') AS d, s || '' AS e, CONCAT_WS(',', CAST(NULL AS STRING), 'z') AS f FROM x;

--@ scalar/date-part-functions | id,y,q,mo,w,doy,dom,dow,h,mi,s
-- YEAR, QUARTER, MONTH, WEEK, DAYOFYEAR, DAYOFMONTH, DAYOFWEEK, HOUR, MINUTE, SECOND
CREATE TABLE t (
  id INT, ts TIMESTAMP(3), d DATE, tm TIME
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT id, YEAR(d) AS y, QUARTER(d) AS q, MONTH(d) AS mo, WEEK(d) AS w, DAYOFYEAR(d) AS doy, DAYOFMONTH(d) AS dom, DAYOFWEEK(d) AS dow, HOUR(ts) AS h, MINUTE(ts) AS mi, SECOND(ts) AS s FROM t WHERE id NOT IN (4, 8);

--@ scalar/decimal-wide | id,s,m,d,c1,c10,aa
-- DECIMAL(38,x) results: scale reduced, overflow yields NULL
CREATE TABLE w (
  id INT, a DECIMAL(38,10), b DECIMAL(30,20), c DECIMAL(38,0)
) WITH ('connector'='filesystem','path'='/case/input/w.jsonl','format'='json');
SELECT id, a + b AS s, a * b AS m, a / b AS d, c + 1 AS c1, c * 10 AS c10, a * a AS aa FROM w;

--@ scalar/floor-ceil-temporal | id,fs,cs,fm,ch,fd,cd,fmo,cmo,fw,cw,fq,fy,cy
-- FLOOR and CEIL of TIMESTAMP and DATE to SECOND..YEAR, WEEK and QUARTER
CREATE TABLE t (
  id INT, ts TIMESTAMP(3), d DATE, tm TIME
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT id, FLOOR(ts TO SECOND) AS fs, CEIL(ts TO SECOND) AS cs, FLOOR(ts TO MINUTE) AS fm, CEIL(ts TO HOUR) AS ch, FLOOR(ts TO DAY) AS fd, CEIL(ts TO DAY) AS cd, FLOOR(ts TO MONTH) AS fmo, CEIL(ts TO MONTH) AS cmo, FLOOR(d TO WEEK) AS fw, CEIL(d TO WEEK) AS cw, FLOOR(d TO QUARTER) AS fq, FLOOR(ts TO YEAR) AS fy, CEIL(d TO YEAR) AS cy FROM t WHERE id NOT IN (4, 11);

--@ scalar/greatest-least | id,a,b1,d,e,f,g
-- GREATEST and LEAST: any NULL gives NULL, ints, decimals, strings
CREATE TABLE c (
  id INT, i INT, j BIGINT, p DECIMAL(6,2), s STRING, b BOOLEAN
) WITH ('connector'='filesystem','path'='/case/input/c.jsonl','format'='json');
SELECT id, GREATEST(i, 3) AS a, LEAST(i, 3) AS b1, GREATEST(j, CAST(4 AS BIGINT)) AS d, LEAST(p, 2.00, CAST(1.5 AS DECIMAL(6,2))) AS e, GREATEST(s, 'b') AS f, LEAST(s, 'b', 'aa') AS g FROM c;

--@ scalar/implicit-casts | id,eq,ip,lt,de,ie,cw,bt
-- implicit conversion of STRING literals against numbers and dates; numeric widening in comparisons and CASE
CREATE TABLE c (
  id INT, s STRING, i INT, d DATE, p DECIMAL(6,2)
) WITH ('connector'='filesystem','path'='/case/input/c.jsonl','format'='json');
SELECT id, i > '2' AS eq, i + p AS ip, i < 2.5 AS lt, d = '2026-01-06' AS de, i = p AS ie, CASE WHEN i > 0 THEN p ELSE 1 END AS cw, i BETWEEN '1' AND '3' AS bt FROM c;

--@ scalar/is-alpha-digit | id,a,d,e
-- IS_ALPHA, IS_DIGIT, IS_DECIMAL on text, numbers, empty, NULL, unicode
CREATE TABLE c (
  id INT, i INT, j BIGINT, p DECIMAL(6,2), s STRING, b BOOLEAN
) WITH ('connector'='filesystem','path'='/case/input/c.jsonl','format'='json');
SELECT id, IS_ALPHA(s) AS a, IS_DIGIT(s) AS d, IS_DECIMAL(s) AS e FROM c;

--@ scalar/json-exists-is-json | id,ea,c2,zf,zu,ij,sc,ar,ob,nj
-- JSON_EXISTS with ON ERROR, IS JSON VALUE/SCALAR/ARRAY/OBJECT, IS NOT JSON
CREATE TABLE s (
  id INT, s STRING
) WITH ('connector'='filesystem','path'='/case/input/s.jsonl','format'='json');
SELECT id, JSON_EXISTS(s, '$.a') AS ea, JSON_EXISTS(s, 'lax $.c[2]') AS c2, JSON_EXISTS(s, 'strict $.zz' FALSE ON ERROR) AS zf, JSON_EXISTS(s, 'strict $.zz' UNKNOWN ON ERROR) AS zu, s IS JSON AS ij, s IS JSON SCALAR AS sc, s IS JSON ARRAY AS ar, s IS JSON OBJECT AS ob, s IS NOT JSON AS nj FROM s;

--@ scalar/json-query | id,c,aw,cw,za,zo,root,a
-- JSON_QUERY wrappers, EMPTY ARRAY/OBJECT ON EMPTY/ERROR
CREATE TABLE s (
  id INT, s STRING
) WITH ('connector'='filesystem','path'='/case/input/s.jsonl','format'='json');
SELECT id, JSON_QUERY(s, '$.c') AS c, JSON_QUERY(s, '$.a' WITH WRAPPER) AS aw, JSON_QUERY(s, '$.c[*]' WITH CONDITIONAL WRAPPER) AS cw, JSON_QUERY(s, 'lax $.zz' EMPTY ARRAY ON EMPTY) AS za, JSON_QUERY(s, 'strict $.zz' EMPTY OBJECT ON ERROR) AS zo, JSON_QUERY(s, '$') AS root, JSON_QUERY(s, '$.a') AS a FROM s;

--@ scalar/left-right-startswith | id,l,r,l_n,sw,ew,se,e
-- LEFT, RIGHT (negative n), STARTSWITH, ENDSWITH, ELT
CREATE TABLE x (
  id INT, s STRING, u STRING, n INT
) WITH ('connector'='filesystem','path'='/case/input/x.jsonl','format'='json');
SELECT id, `LEFT`(s, 3) AS l, `RIGHT`(s, 3) AS r, `LEFT`(s, n) AS l_n, STARTSWITH(s, u) AS sw, ENDSWITH(s, u) AS ew, STARTSWITH(s, '') AS se, ELT(n, 'one', 'two', 'three', s, u) AS e FROM x WHERE id <> 6;

--@ scalar/local-time-zone | id,t,d,st,h,fu,us,up,df
-- session zone Asia/Kolkata: LTZ to TIMESTAMP, DATE, STRING, EXTRACT HOUR, FROM_UNIXTIME, UNIX_TIMESTAMP(text)
SET 'table.local-time-zone'='Asia/Kolkata';
CREATE TABLE e (
  id INT, v BIGINT, s STRING
) WITH ('connector'='filesystem','path'='/case/input/e.jsonl','format'='json');
SELECT id, CAST(TO_TIMESTAMP_LTZ(v, 0) AS TIMESTAMP(3)) AS t, CAST(TO_TIMESTAMP_LTZ(v, 0) AS DATE) AS d, CAST(TO_TIMESTAMP_LTZ(v, 0) AS STRING) AS st, EXTRACT(HOUR FROM TO_TIMESTAMP_LTZ(v, 0)) AS h, FROM_UNIXTIME(v) AS fu, UNIX_TIMESTAMP(s) AS us, UNIX_TIMESTAMP(s, 'yyyy-MM-dd') AS up, DATE_FORMAT(TO_TIMESTAMP_LTZ(v, 0), 'yyyy-MM-dd HH:mm') AS df FROM e;

--@ scalar/log-line-parsing | id,t,lvl,ms,usr,bad
-- composite: regular expressions, casts, CASE and dates over free-text log lines
CREATE TABLE s (
  id INT, s STRING
) WITH ('connector'='filesystem','path'='/case/input/s.jsonl','format'='json');
SELECT id, TRY_CAST(REGEXP_EXTRACT(s, '^\[([^\]]+)\]', 1) AS TIMESTAMP(3)) AS t, UPPER(REGEXP_EXTRACT(s, '\] (\w+):', 1)) AS lvl, TRY_CAST(REGEXP_EXTRACT(s, 'took (\d+)ms', 1) AS INT) AS ms, COALESCE(JSON_VALUE(REGEXP_EXTRACT(s, '(\{.*\})', 1), '$.user'), 'anon') AS usr, IF(s LIKE '%timeout%', 1, 0) AS bad FROM s WHERE s <> '';

--@ scalar/map-functions | id,mx,mn,cm,mk,mv,mm,mf,mu,sm,sl
-- MAP[], key access, MAP_KEYS, MAP_VALUES, MAP_FROM_ARRAYS, MAP_UNION, CARDINALITY, STR_TO_MAP
CREATE TABLE c (
  id INT, a ARRAY<INT>, t ARRAY<STRING>, m MAP<STRING, INT>, r ROW<p INT, q ROW<z STRING>>
) WITH ('connector'='filesystem','path'='/case/input/c.jsonl','format'='json');
SELECT id, m['x'] AS mx, m['nokey'] AS mn, CARDINALITY(m) AS cm, ARRAY_SORT(MAP_KEYS(m)) AS mk, ARRAY_SORT(MAP_VALUES(m)) AS mv, MAP['id', id, 'dbl', id * 2] AS mm, MAP_FROM_ARRAYS(ARRAY['q', 'r'], ARRAY[id, 0]) AS mf, MAP_UNION(m, MAP['x', 100]) AS mu, STR_TO_MAP('a=1,b=2') AS sm, STR_TO_MAP('k:1;l:2', ';', ':')['l'] AS sl FROM c;

--@ scalar/overlay-replace-reverse | id,o1,o2,o3,r,r2,rev,tr
-- OVERLAY, REPLACE, REVERSE (surrogates excluded), TRANSLATE
CREATE TABLE x (
  id INT, s STRING, u STRING, n INT
) WITH ('connector'='filesystem','path'='/case/input/x.jsonl','format'='json');
SELECT id, OVERLAY(s PLACING '##' FROM 2) AS o1, OVERLAY(s PLACING '##' FROM 2 FOR 4) AS o2, OVERLAY(s PLACING '' FROM 1 FOR 2) AS o3, REPLACE(s, u, '<>') AS r, REPLACE(s, 'l', '') AS r2, REVERSE(s) AS rev, TRANSLATE(s, 'abcx', 'AB') AS tr FROM x WHERE id <> 6;

--@ scalar/position-locate | id,p,l,l5,i,pe,z
-- POSITION, LOCATE with start, INSTR; not found and empty needle
CREATE TABLE x (
  id INT, s STRING, u STRING, n INT
) WITH ('connector'='filesystem','path'='/case/input/x.jsonl','format'='json');
SELECT id, POSITION(u IN s) AS p, LOCATE(u, s) AS l, LOCATE(u, s, 5) AS l5, INSTR(s, u) AS i, POSITION('' IN s) AS pe, LOCATE('zz', s) AS z FROM x;

--@ scalar/power-sqrt-log | id,p2,pi,sq,ph,lnx,l10,l2,lb,lg,e
-- POWER, SQRT, LN, LOG10, LOG2, LOG(base,x), EXP (rounded to 9 places)
CREATE TABLE m (
  id INT, x DOUBLE, i INT
) WITH ('connector'='filesystem','path'='/case/input/m.jsonl','format'='json');
SELECT id, POWER(x, 2) AS p2, POWER(i, 2) AS pi, SQRT(x) AS sq, POWER(x, 0.5) AS ph, ROUND(LN(x), 9) AS lnx, LOG10(x) AS l10, ROUND(LOG2(x), 9) AS l2, ROUND(LOG(2, x), 9) AS lb, ROUND(LOG(x), 9) AS lg, ROUND(EXP(i), 6) AS e FROM m;

--@ scalar/printf | id,a,b,c,bad,p
-- PRINTF with %s %d %05d %.2f %%, NULL arguments, wrong format
CREATE TABLE x (
  id INT, s STRING, u STRING, n INT
) WITH ('connector'='filesystem','path'='/case/input/x.jsonl','format'='json');
SELECT id, PRINTF('%s|%d', s, n) AS a, PRINTF('%05d%%', n) AS b, PRINTF('%.2f', 3.14159) AS c, PRINTF('%d', s) AS bad, PRINTF('plain') AS p FROM x;

--@ scalar/quirk-extract-pre-epoch | id,y,mo,dd,h,mi,se,ms,ep,dow,idow,doy,iy,de,ce,mil
-- Flink quirk: EXTRACT and HOUR()/MINUTE()/SECOND() of timestamps before 1970 give negative parts and a wrong year
CREATE TABLE t (
  id INT, ts TIMESTAMP(3), d DATE, tm TIME
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT id, EXTRACT(YEAR FROM ts) AS y, EXTRACT(MONTH FROM ts) AS mo, EXTRACT(DAY FROM d) AS dd, EXTRACT(HOUR FROM ts) AS h, EXTRACT(MINUTE FROM tm) AS mi, EXTRACT(SECOND FROM ts) AS se, EXTRACT(MILLISECOND FROM ts) AS ms, EXTRACT(EPOCH FROM ts) AS ep, EXTRACT(DOW FROM d) AS dow, EXTRACT(ISODOW FROM d) AS idow, EXTRACT(DOY FROM d) AS doy, EXTRACT(ISOYEAR FROM d) AS iy, EXTRACT(DECADE FROM d) AS de, EXTRACT(CENTURY FROM d) AS ce, EXTRACT(MILLENNIUM FROM d) AS mil FROM t WHERE id IN (4, 8);

--@ scalar/quirk-floor-pre-epoch | id,fs,cs,fm,ch,fd,cd,fmo,cmo,fw,cw,fq,fy,cy
-- Flink quirk: FLOOR/CEIL of 1969-12-31 23:59:59.001 to MONTH and YEAR land in 1970
CREATE TABLE t (
  id INT, ts TIMESTAMP(3), d DATE, tm TIME
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT id, FLOOR(ts TO SECOND) AS fs, CEIL(ts TO SECOND) AS cs, FLOOR(ts TO MINUTE) AS fm, CEIL(ts TO HOUR) AS ch, FLOOR(ts TO DAY) AS fd, CEIL(ts TO DAY) AS cd, FLOOR(ts TO MONTH) AS fmo, CEIL(ts TO MONTH) AS cmo, FLOOR(d TO WEEK) AS fw, CEIL(d TO WEEK) AS cw, FLOOR(d TO QUARTER) AS fq, FLOOR(ts TO YEAR) AS fy, CEIL(d TO YEAR) AS cy FROM t WHERE id IN (4, 8);

--@ scalar/quirk-timestamp-compare | id,eq39,lt36,lt69,eq03,gl,eq66
-- Flink quirk: the JSON source keeps fraction digits beyond the declared TIMESTAMP precision, comparisons see them (so t3 = t9 holds), a CAST really truncates
CREATE TABLE c (
  id INT, t0 TIMESTAMP(0), t3 TIMESTAMP(3), t6 TIMESTAMP(6), t9 TIMESTAMP(9)
) WITH ('connector'='filesystem','path'='/case/input/c.jsonl','format'='json');
SELECT id, t3 = t9 AS eq39, t3 < t6 AS lt36, t6 < t9 AS lt69, t0 = t3 AS eq03, t9 > TIMESTAMP '2026-03-01 10:00:00' AS gl, t6 = CAST(t9 AS TIMESTAMP(6)) AS eq66 FROM c;

--@ scalar/quirk-timestampdiff-overflow | id,s,mi
-- Flink quirk: TIMESTAMPDIFF is INT and wraps (SECOND over 68 years)
CREATE TABLE t (
  id INT, ts TIMESTAMP(3), d DATE, tm TIME
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT id, TIMESTAMPDIFF(SECOND, TIMESTAMP '2025-01-31 12:00:00', ts) AS s, TIMESTAMPDIFF(MINUTE, TIMESTAMP '2025-01-31 12:00:00', ts) AS mi FROM t WHERE id IN (8, 11, 6);

--@ scalar/regexp-more | id,c,i,ss,ea,e0
-- REGEXP_COUNT, REGEXP_INSTR, REGEXP_SUBSTR, REGEXP_EXTRACT_ALL
CREATE TABLE s (
  id INT, s STRING
) WITH ('connector'='filesystem','path'='/case/input/s.jsonl','format'='json');
SELECT id, REGEXP_COUNT(s, '[0-9]') AS c, REGEXP_INSTR(s, '[0-9]+') AS i, REGEXP_SUBSTR(s, '[a-z]+') AS ss, REGEXP_EXTRACT_ALL(s, '([a-z])([0-9])', 1) AS ea, REGEXP_EXTRACT_ALL(s, '[0-9]+', 0) AS e0 FROM s;

--@ scalar/row-nested | id,p,z,whole,mk,named,rn,qn
-- ROW fields from JSON, nested access through NULL rows, ROW constructor, CAST to named ROW
CREATE TABLE c (
  id INT, a ARRAY<INT>, t ARRAY<STRING>, m MAP<STRING, INT>, r ROW<p INT, q ROW<z STRING>>
) WITH ('connector'='filesystem','path'='/case/input/c.jsonl','format'='json');
SELECT id, c.r.p AS p, c.r.q.z AS z, r AS whole, ROW(id, t[1]) AS mk, CAST(ROW(id, 'v') AS ROW<k INT, v STRING>) AS named, r IS NULL AS rn, c.r.q IS NULL AS qn FROM c;

--@ scalar/substring | id,a,b,c,d,e,f,g,h
-- SUBSTRING FROM/FOR, SUBSTR with zero, negative and past-the-end positions
CREATE TABLE x (
  id INT, s STRING, u STRING, n INT
) WITH ('connector'='filesystem','path'='/case/input/x.jsonl','format'='json');
SELECT id, SUBSTRING(s FROM 2) AS a, SUBSTRING(s FROM 2 FOR 3) AS b, SUBSTR(s, -3) AS c, SUBSTR(s, -3, 2) AS d, SUBSTR(s, 0, 2) AS e, SUBSTR(s, 100) AS f, SUBSTRING(s, n, 2) AS g, SUBSTRING(s FROM 1 FOR 0) AS h FROM x;

--@ scalar/timestamp-precision | id,t0,t3,t6,t9,c3,c6,s9
-- TIMESTAMP(0), (3), (6) and (9) columns: truncation on read and by CAST
CREATE TABLE c (
  id INT, t0 TIMESTAMP(0), t3 TIMESTAMP(3), t6 TIMESTAMP(6), t9 TIMESTAMP(9)
) WITH ('connector'='filesystem','path'='/case/input/c.jsonl','format'='json');
SELECT id, t0, t3, t6, t9, CAST(t9 AS TIMESTAMP(3)) AS c3, CAST(t9 AS TIMESTAMP(6)) AS c6, CAST(t9 AS STRING) AS s9 FROM c;

--@ scalar/to-date-to-timestamp | id,d,dp,t,tp,iso
-- TO_DATE and TO_TIMESTAMP with default and explicit patterns: invalid input gives NULL, days past the month end roll over or clamp, a failed pattern falls back to the default one
CREATE TABLE s (
  id INT, s STRING
) WITH ('connector'='filesystem','path'='/case/input/s.jsonl','format'='json');
SELECT id, TO_DATE(s) AS d, TO_DATE(CASE WHEN s LIKE '__.__.____%' THEN s END, 'dd.MM.yyyy') AS dp, TO_TIMESTAMP(s) AS t, TO_TIMESTAMP(s, 'dd.MM.yyyy HH:mm') AS tp, TO_TIMESTAMP(s, 'yyyy-MM-dd''T''HH:mm:ss') AS iso FROM s;

--@ scalar/try-cast-string-number | id,t,sm,i,l,d,f,p
-- TRY_CAST STRING to every numeric type: blanks, fractions, exponents, out of range, garbage
CREATE TABLE s (
  id INT, s STRING
) WITH ('connector'='filesystem','path'='/case/input/s.jsonl','format'='json');
SELECT id, TRY_CAST(s AS TINYINT) AS t, TRY_CAST(s AS SMALLINT) AS sm, TRY_CAST(s AS INT) AS i, TRY_CAST(s AS BIGINT) AS l, TRY_CAST(s AS DOUBLE) AS d, TRY_CAST(s AS FLOAT) AS f, TRY_CAST(s AS DECIMAL(6,1)) AS p FROM s;

--@ scalar/typeof | id,ii,ss,si,il,lx,ff,i_f,p_q,pmq,pdq,p_i,pl,mpq,mli,rp,fp,px,va,uv,co,cs,ti,di,lit,lit2,lit3,ar,ed,cx,pw,sg
-- result types of arithmetic, functions and aggregates-free expressions via TYPEOF
CREATE TABLE c (
  id INT, s SMALLINT, i INT, l BIGINT, f FLOAT, x DOUBLE, p DECIMAL(10,2), q DECIMAL(6,4), v VARCHAR(5), ts TIMESTAMP(3), d DATE
) WITH ('connector'='filesystem','path'='/case/input/c.jsonl','format'='json');
SELECT id, TYPEOF(i / i) AS ii, TYPEOF(s + s) AS ss, TYPEOF(s * i) AS si, TYPEOF(i + l) AS il, TYPEOF(l * x) AS lx, TYPEOF(f * f) AS ff, TYPEOF(i * f) AS i_f, TYPEOF(p + q) AS p_q, TYPEOF(p * q) AS pmq, TYPEOF(p / q) AS pdq, TYPEOF(p * i) AS p_i, TYPEOF(p / l) AS pl, TYPEOF(MOD(p, q)) AS mpq, TYPEOF(MOD(l, i)) AS mli, TYPEOF(ROUND(p, 1)) AS rp, TYPEOF(FLOOR(p)) AS fp, TYPEOF(p * x) AS px, TYPEOF(v || 'a') AS va, TYPEOF(UPPER(v)) AS uv, TYPEOF(COALESCE(i, l)) AS co, TYPEOF(CASE WHEN i > 0 THEN 'a' ELSE 'bcd' END) AS cs, TYPEOF(ts + INTERVAL '1' DAY) AS ti, TYPEOF(d + INTERVAL '1' DAY) AS di, TYPEOF(1.50) AS lit, TYPEOF(1e2) AS lit2, TYPEOF(12345678901) AS lit3, TYPEOF(ARRAY[1, 2.5]) AS ar, TYPEOF(EXTRACT(DAY FROM d)) AS ed, TYPEOF(CEIL(x)) AS cx, TYPEOF(POWER(i, 2)) AS pw, TYPEOF(SIGN(p)) AS sg FROM c;

--@ scalar/unnest-array | id,src,x,v
-- CROSS JOIN UNNEST of ARRAY<INT>, ARRAY<ROW> and MAP; empty and NULL collections give no rows
CREATE TABLE c (
  id INT, a ARRAY<INT>, o ARRAY<ROW<k STRING, v INT>>, m MAP<STRING, INT>
) WITH ('connector'='filesystem','path'='/case/input/c.jsonl','format'='json');
SELECT id, 'a' AS src, CAST(x AS STRING) AS x, CAST(NULL AS INT) AS v FROM c CROSS JOIN UNNEST(a) AS u(x) UNION ALL SELECT id, 'o', k, v FROM c CROSS JOIN UNNEST(o) AS u(k, v) UNION ALL SELECT id, 'm', mk, mv FROM c CROSS JOIN UNNEST(m) AS u(mk, mv);

--@ scalar/where-unknown-drops | id,x,y
-- WHERE keeps only rows whose predicate is TRUE, NOT of unknown drops too
CREATE TABLE l (
  id INT, a BOOLEAN, b BOOLEAN, x INT, y INT
) WITH ('connector'='filesystem','path'='/case/input/l.jsonl','format'='json');
SELECT id, x, y FROM l WHERE NOT (x > y) OR (a AND b);

--@ scalar/with-cte | id,s,p,w
-- WITH with two chained CTEs and a self reference by alias; computed filter
CREATE TABLE n (
  id INT, a INT, b INT, c BIGINT, d BIGINT
) WITH ('connector'='filesystem','path'='/case/input/n.jsonl','format'='json');
WITH base AS (SELECT id, a, b FROM n WHERE a IS NOT NULL AND b IS NOT NULL), sums AS (SELECT id, a + b AS s, a * b AS p FROM base) SELECT x.id, x.s, x.p, CASE WHEN x.s > x.p THEN 'sum' ELSE 'prod' END AS w FROM sums AS x WHERE x.s <> 0;

--@ aggregate/collect-multiset | cat,c,cd,cc
-- COLLECT gives a MULTISET with multiplicities, COLLECT(DISTINCT)
CREATE TABLE sales (
  id INT, city STRING, cat STRING, qty INT, price DECIMAL(10,2), big BIGINT, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/sales.jsonl','format'='json');
SELECT cat, COLLECT(qty) AS c, COLLECT(DISTINCT qty) AS cd, COLLECT(city) AS cc FROM sales WHERE id <= 80 GROUP BY cat;

--@ aggregate/count-distinct-multi | cat,d,db,dd
-- COUNT(DISTINCT a, b) of two columns and of expressions
CREATE TABLE sales (
  id INT, city STRING, cat STRING, qty INT, price DECIMAL(10,2), big BIGINT, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/sales.jsonl','format'='json');
SELECT cat, COUNT(DISTINCT city || '/' || CAST(qty AS STRING)) AS d, COUNT(DISTINCT qty > 0) AS db, COUNT(DISTINCT CAST(ts AS DATE)) AS dd FROM sales GROUP BY cat;

--@ aggregate/count-variants | city,n,nc,n1,nq,dc,dq
-- COUNT(*), COUNT(col) ignoring NULLs, COUNT(1), COUNT(DISTINCT), per group with NULL key
CREATE TABLE sales (
  id INT, city STRING, cat STRING, qty INT, price DECIMAL(10,2), big BIGINT, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/sales.jsonl','format'='json');
SELECT city, COUNT(*) AS n, COUNT(cat) AS nc, COUNT(1) AS n1, COUNT(qty) AS nq, COUNT(DISTINCT cat) AS dc, COUNT(DISTINCT qty) AS dq FROM sales GROUP BY city;

--@ aggregate/cube | city,cat,mp,n,lvl
-- CUBE with GROUPING in HAVING
CREATE TABLE sales (
  id INT, city STRING, cat STRING, qty INT, price DECIMAL(10,2), big BIGINT, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/sales.jsonl','format'='json');
SELECT city, cat, MAX(price) AS mp, COUNT(DISTINCT id) AS n, GROUPING(city) + GROUPING(cat) AS lvl FROM sales GROUP BY CUBE (city, cat) HAVING GROUPING(city) = 1 OR COUNT(*) > 5;

--@ aggregate/distinct-aggregates | cat,sd,s,cd,ad,md,cc
-- SUM(DISTINCT), AVG(DISTINCT), COUNT(DISTINCT), MAX(DISTINCT) side by side with plain ones
CREATE TABLE sales (
  id INT, city STRING, cat STRING, qty INT, price DECIMAL(10,2), big BIGINT, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/sales.jsonl','format'='json');
SELECT cat, SUM(DISTINCT qty) AS sd, SUM(qty) AS s, COUNT(DISTINCT qty) AS cd, AVG(DISTINCT qty) AS ad, MAX(DISTINCT qty) AS md, COUNT(DISTINCT city) AS cc FROM sales GROUP BY cat;

--@ aggregate/distinct-filter-changelog | cat,d,df
-- COUNT(DISTINCT x) FILTER next to COUNT(DISTINCT x): changelog
CREATE TABLE sales (
  id INT, city STRING, cat STRING, qty INT, price DECIMAL(10,2), big BIGINT, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/sales.jsonl','format'='json');
SELECT cat, COUNT(DISTINCT city) AS d, COUNT(DISTINCT city) FILTER (WHERE qty > 3) AS df FROM sales WHERE id <= 40 GROUP BY cat;

--@ aggregate/first-last-value | cat,f,l,fq,lq,fc,lc
-- FIRST_VALUE and LAST_VALUE aggregate by arrival order, NULLs skipped
CREATE TABLE sales (
  id INT, city STRING, cat STRING, qty INT, price DECIMAL(10,2), big BIGINT, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/sales.jsonl','format'='json');
SELECT cat, FIRST_VALUE(id) AS f, LAST_VALUE(id) AS l, FIRST_VALUE(qty) AS fq, LAST_VALUE(qty) AS lq, FIRST_VALUE(city) AS fc, LAST_VALUE(city) AS lc FROM sales GROUP BY cat;

--@ aggregate/global-changelog | n,s,mp
-- global aggregate changelog: +I then -U/+U pairs
CREATE TABLE v (
  i INT, p DECIMAL(6,2)
) WITH ('connector'='filesystem','path'='/case/input/v.jsonl','format'='json');
SELECT COUNT(*) AS n, SUM(i) AS s, MAX(p) AS mp FROM v;

--@ aggregate/global-over-nothing | ?
-- global aggregates over zero rows: no result row is produced or one row?
CREATE TABLE sales (
  id INT, city STRING, cat STRING, qty INT, price DECIMAL(10,2), big BIGINT, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/sales.jsonl','format'='json');
SELECT COUNT(*) AS n, SUM(qty) AS s, MIN(city) AS m FROM sales WHERE qty > 100000;

--@ aggregate/group-by-constant | dear,n,ones,k,z
-- GROUP BY a constant expression and a nullable BOOLEAN; aggregate of a constant
CREATE TABLE sales (
  id INT, city STRING, cat STRING, qty INT, price DECIMAL(10,2), big BIGINT, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/sales.jsonl','format'='json');
SELECT price > 50 AS dear, COUNT(*) AS n, SUM(1) AS ones, MAX('k') AS k, COUNT(NULLIF(1, 1)) AS z FROM sales GROUP BY price > 50, 'const';

--@ aggregate/grouped-over-nothing | city,n
-- grouped aggregate over zero rows gives no rows, unioned with a constant row
CREATE TABLE sales (
  id INT, city STRING, cat STRING, qty INT, price DECIMAL(10,2), big BIGINT, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/sales.jsonl','format'='json');
SELECT city, COUNT(*) AS n FROM sales WHERE qty > 100000 GROUP BY city UNION ALL SELECT 'end', CAST(0 AS BIGINT) FROM (VALUES (1)) AS t(x);

--@ aggregate/grouping-sets | city,cat,n,q,gc,gk,gid
-- GROUPING SETS with (), GROUPING() and GROUPING_ID distinguish NULL data from totals
CREATE TABLE sales (
  id INT, city STRING, cat STRING, qty INT, price DECIMAL(10,2), big BIGINT, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/sales.jsonl','format'='json');
SELECT city, cat, COUNT(*) AS n, SUM(qty) AS q, GROUPING(city) AS gc, GROUPING(cat) AS gk, GROUPING_ID(city, cat) AS gid FROM sales GROUP BY GROUPING SETS ((city, cat), (city), ());

--@ aggregate/json-agg | cat,o,oa,a,an
-- JSON_OBJECTAGG and JSON_ARRAYAGG with NULL handling
CREATE TABLE sales (
  id INT, city STRING, cat STRING, qty INT, price DECIMAL(10,2), big BIGINT, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/sales.jsonl','format'='json');
SELECT cat, JSON_OBJECTAGG(KEY CAST(id AS STRING) VALUE qty) AS o, JSON_OBJECTAGG(KEY CAST(id AS STRING) VALUE qty ABSENT ON NULL) AS oa, JSON_ARRAYAGG(city) AS a, JSON_ARRAYAGG(city NULL ON NULL) AS an FROM sales WHERE id <= 15 GROUP BY cat;

--@ aggregate/listagg | cat,l,lp,ids
-- LISTAGG with default and own delimiter, NULLs skipped, empty strings kept, arrival order
CREATE TABLE sales (
  id INT, city STRING, cat STRING, qty INT, price DECIMAL(10,2), big BIGINT, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/sales.jsonl','format'='json');
SELECT cat, LISTAGG(city) AS l, LISTAGG(city, '|') AS lp, LISTAGG(CAST(id AS STRING), '') AS ids FROM sales WHERE id <= 60 GROUP BY cat;

--@ aggregate/listagg-distinct | cat,l,nothing
-- LISTAGG(DISTINCT x): first-appearance order; all-NULL group
CREATE TABLE sales (
  id INT, city STRING, cat STRING, qty INT, price DECIMAL(10,2), big BIGINT, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/sales.jsonl','format'='json');
SELECT cat, LISTAGG(DISTINCT city, ';') AS l, LISTAGG(CASE WHEN qty > 999 THEN 'x' END) AS nothing FROM sales GROUP BY cat;

--@ aggregate/many-groups | k,n,s,mn,mx,a
-- 2,000 rows, 700 groups, integer keys, several aggregates
CREATE TABLE v (
  k INT, v BIGINT
) WITH ('connector'='filesystem','path'='/case/input/v.jsonl','format'='json');
SELECT k, COUNT(*) AS n, SUM(v) AS s, MIN(v) AS mn, MAX(v) AS mx, AVG(v) AS a FROM v GROUP BY k;

--@ aggregate/max-min-retract | k,mx,mn,s,a,n
-- MAX/MIN/SUM/AVG over a retracting input (max falls back)
CREATE TABLE v (
  u STRING, k STRING, i INT
) WITH ('connector'='filesystem','path'='/case/input/v.jsonl','format'='json');
SELECT k, MAX(last_i) AS mx, MIN(last_i) AS mn, SUM(last_i) AS s, AVG(last_i) AS a, COUNT(*) AS n FROM (SELECT u, LAST_VALUE(k) AS k, LAST_VALUE(i) AS last_i FROM v GROUP BY u) GROUP BY k;

--@ aggregate/sum-all-types | grp,ss,si,sl,sf,sx,sp,st
-- SUM over TINYINT..DECIMAL: result values per group (TINYINT/SMALLINT sums stay narrow)
CREATE TABLE n (
  id INT, grp STRING, t TINYINT, s SMALLINT, i INT, l BIGINT, f FLOAT, x DOUBLE, p DECIMAL(10,2), b BOOLEAN, d DATE, tm TIME, q TIMESTAMP(3), w STRING
) WITH ('connector'='filesystem','path'='/case/input/n.jsonl','format'='json');
SELECT grp, SUM(s) AS ss, SUM(i) AS si, SUM(l) AS sl, SUM(f) AS sf, SUM(x) AS sx, SUM(p) AS sp, SUM(t) AS st FROM n GROUP BY grp;

--@ aggregate/sum-overflow | k,si,sl,ai,sp,n
-- SUM(INT) and SUM(BIGINT) wrap around, AVG near the limits, SUM(DECIMAL) beyond 38 digits
CREATE TABLE v (
  k INT, i INT, l BIGINT, p DECIMAL(38,0)
) WITH ('connector'='filesystem','path'='/case/input/v.jsonl','format'='json');
SELECT k, SUM(i) AS si, SUM(l) AS sl, AVG(i) AS ai, SUM(p) AS sp, COUNT(*) AS n FROM v GROUP BY k;

--@ window/day-windows | d,window_end,n,s
-- one-day TUMBLE aligned to midnight, CAST(window_start AS DATE), leap day and year end
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT CAST(window_start AS DATE) AS d, window_end, COUNT(*) AS n, SUM(v) AS s FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_start, window_end;

--@ window/distinct-filter | window_start,dk,dkf,sd,nn
-- COUNT(DISTINCT), SUM(DISTINCT), FILTER in one window aggregate
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT window_start, COUNT(DISTINCT k) AS dk, COUNT(DISTINCT k) FILTER (WHERE v > 20) AS dkf, SUM(DISTINCT v) AS sd, COUNT(*) FILTER (WHERE v IS NULL) AS nn FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;

--@ window/hop-tvf-rows | id,window_start,window_end
-- HOP TVF without aggregation multiplies rows
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT id, window_start, window_end FROM TABLE(HOP(TABLE ev, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '2' MINUTE)) WHERE id BETWEEN 35 AND 45;

--@ window/late-cumulate | window_start,window_end,n,bits
-- late rows and CUMULATE (parallelism 1 only)
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT window_start, window_end, COUNT(*) AS n, SUM(v) AS bits FROM TABLE(CUMULATE(TABLE ev, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '3' MINUTE)) GROUP BY window_start, window_end;

--@ window/late-tumble | window_start,n,bits
-- rows behind the watermark are dropped by TUMBLE, per-record watermarks (parallelism 1 only)
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT window_start, COUNT(*) AS n, SUM(v) AS bits FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;

--@ window/legacy-hop | ws,we,n,a
-- GROUP BY HOP with HOP_START/HOP_END
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT HOP_START(ts, INTERVAL '1' MINUTE, INTERVAL '3' MINUTE) AS ws, HOP_END(ts, INTERVAL '1' MINUTE, INTERVAL '3' MINUTE) AS we, COUNT(*) AS n, AVG(v) AS a FROM ev GROUP BY HOP(ts, INTERVAL '1' MINUTE, INTERVAL '3' MINUTE);

--@ window/legacy-tumble | k,ws,we,rt,n,s
-- GROUP BY TUMBLE(ts, ...) with TUMBLE_START/END/ROWTIME
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT k, TUMBLE_START(ts, INTERVAL '1' MINUTE) AS ws, TUMBLE_END(ts, INTERVAL '1' MINUTE) AS we, TUMBLE_ROWTIME(ts, INTERVAL '1' MINUTE) AS rt, COUNT(*) AS n, SUM(v) AS s FROM ev GROUP BY k, TUMBLE(ts, INTERVAL '1' MINUTE);

--@ window/ltz-rowtime-kolkata | window_start,window_end,n,mi
-- TIMESTAMP_LTZ rowtime: day windows follow the session zone Asia/Kolkata, window_start is local TIMESTAMP
SET 'table.local-time-zone'='Asia/Kolkata';
CREATE TABLE ev (id INT, k STRING, ms BIGINT, rt AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR rt AS rt - INTERVAL '30' DAY) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT window_start, window_end, COUNT(*) AS n, MIN(id) AS mi FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(rt), INTERVAL '1' DAY)) GROUP BY window_start, window_end;

--@ window/pre-epoch | window_start,window_end,n
-- TUMBLE and floor of timestamps before 1970
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '7' MINUTE)) GROUP BY window_start, window_end;

--@ window/rowtime-computed-from-text | window_start,n,errs,ratio
-- composite: rowtime computed by TO_TIMESTAMP from a text field, windowed ratio by FILTER
CREATE TABLE lg (`at` STRING, lvl STRING, ts AS TO_TIMESTAMP(`at`, 'dd/MM/yyyy HH:mm:ss'), WATERMARK FOR ts AS ts - INTERVAL '30' SECOND) WITH ('connector'='filesystem','path'='/case/input/lg.jsonl','format'='json');
SELECT window_start, COUNT(*) AS n, COUNT(*) FILTER (WHERE lvl = 'E') AS errs, CAST(COUNT(*) FILTER (WHERE lvl = 'E') AS DOUBLE) / COUNT(*) AS ratio FROM TABLE(TUMBLE(TABLE lg, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;

--@ window/top-n-of-hop | window_start,window_end,k,n
-- Top-1 key by count in each HOP window with ties broken by key
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT window_start, window_end, k, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY n DESC, k ASC) AS rn FROM (SELECT COALESCE(k, '-') AS k, window_start, window_end, COUNT(*) AS n FROM TABLE(HOP(TABLE ev, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '2' MINUTE)) GROUP BY COALESCE(k, '-'), window_start, window_end)) WHERE rn = 1;

--@ window/top-n-per-key | k,window_start,v,id,rn
-- window Top-3 per key and window with rank output, ascending, NULLs
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT k, window_start, v, id, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, window_start, window_end ORDER BY v ASC, id DESC) AS rn FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '4' MINUTE))) WHERE rn <= 3;

--@ window/tumble-keyed | k,window_start,window_end,n,s
-- TUMBLE with a nullable grouping key
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT k, window_start, window_end, COUNT(v) AS n, SUM(p) AS s FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY k, window_start, window_end;

--@ window/tumble-offset | window_start,window_end,n
-- TUMBLE with positive offset
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '17' SECOND)) GROUP BY window_start, window_end;

--@ window/tvf-rows | id,ts,window_start,window_end,window_time
-- window TVF without aggregation: every input row with window_start, window_end, window_time
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT id, ts, window_start, window_end, window_time FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) WHERE id <= 50;

--@ window/week-windows | al,window_start,n
-- seven-day TUMBLE is aligned to Thursday 1970-01-01; offset makes it Monday
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT 'thu' AS al, window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '7' DAY)) GROUP BY window_start, window_end UNION ALL SELECT 'mon', window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '7' DAY, INTERVAL '4' DAY)) GROUP BY window_start, window_end;

--@ window/window-boundaries | window_start,window_end,n,s
-- rows exactly on window edges: start inclusive, end exclusive; milliseconds
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
SELECT window_start, window_end, COUNT(*) AS n, SUM(v) AS s FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;

--@ window/window-union | src,window_start,n,s
-- TVF over a UNION ALL of two sources with different watermark delays
CREATE TABLE ev (
  id INT, k STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH ('connector'='filesystem','path'='/case/input/ev.jsonl','format'='json');
CREATE TABLE ev2 (
  id INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '10' SECOND
) WITH ('connector'='filesystem','path'='/case/input/ev2.jsonl','format'='json');
CREATE TEMPORARY VIEW u AS SELECT id, ts, 'l' AS src FROM ev UNION ALL SELECT id + 1000, ts, 'r' FROM ev2;
SELECT src, window_start, COUNT(*) AS n, SUM(id) AS s FROM TABLE(TUMBLE(TABLE u, DESCRIPTOR(ts), INTERVAL '3' MINUTE)) GROUP BY src, window_start, window_end;

--@ ddl/computed-rowtime | window_start,window_end,n,q
-- rowtime built from epoch milliseconds by a computed column (TO_TIMESTAMP_LTZ), then a tumbling window in TIMESTAMP_LTZ
CREATE TABLE ev (
  id BIGINT,
  `when` BIGINT,
  qty INT,
  t AS TO_TIMESTAMP_LTZ(`when`, 3),
  WATERMARK FOR t AS t - INTERVAL '1' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/ev.jsonl',
  'format' = 'json'
);

SELECT window_start, window_end, COUNT(*) AS n, SUM(qty) AS q FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(t), INTERVAL '4' HOUR)) GROUP BY window_start, window_end;

--@ ddl/computed-rowtime-string | id,t,h,dow
-- rowtime parsed from two text columns with TO_TIMESTAMP and a pattern
CREATE TABLE ev (
  id BIGINT,
  `day` STRING,
  tm STRING,
  t AS TO_TIMESTAMP(`day` || ' ' || tm, 'yyyy-MM-dd HH:mm:ss'),
  WATERMARK FOR t AS t - INTERVAL '1' DAY
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/ev.jsonl',
  'format' = 'json'
);

SELECT id, t, EXTRACT(HOUR FROM t) AS h, DAYOFWEEK(CAST(t AS DATE)) AS dow FROM ev;

--@ ddl/create-like | id,total,t
-- CREATE TABLE ... LIKE adds a computed column and a watermark
CREATE TABLE base (
  id BIGINT,
  price DECIMAL(8, 2),
  qty INT,
  `when` BIGINT
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/ev.jsonl',
  'format' = 'json'
);

CREATE TABLE derived (
  total AS price * qty,
  t AS CAST(TO_TIMESTAMP_LTZ(`when`, 3) AS TIMESTAMP(3)),
  WATERMARK FOR t AS t
) LIKE base;

SELECT id, total, t FROM derived;

--@ ddl/csv-default | id,a,b,c,t
-- csv defaults: comma, double quotes, embedded newline-free text, empty numeric fields
CREATE TABLE c (
  id INT,
  a STRING,
  b BIGINT,
  c DOUBLE,
  t TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/c.csv',
  'format' = 'csv'
);

SELECT * FROM c;

--@ ddl/cte-chain | tag,s,share
-- chained CTEs, one used twice
CREATE TABLE ev (
  id BIGINT,
  price DECIMAL(8, 2),
  qty INT,
  tag STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/ev.jsonl',
  'format' = 'json'
);

WITH lines AS (SELECT tag, price * qty AS amt FROM ev WHERE qty IS NOT NULL),
     per_tag AS (SELECT tag, SUM(amt) AS s FROM lines GROUP BY tag)
SELECT p.tag, p.s, CAST(p.s / t.total AS DECIMAL(6, 4)) AS share
FROM per_tag p CROSS JOIN (SELECT SUM(s) AS total FROM per_tag) t;

--@ ddl/date-time-types | id,d,t,t0,t3,t6s,t3s,t0s
-- DATE, TIME and TIMESTAMP(0/3/6) columns from JSON text
CREATE TABLE x (
  id INT,
  d DATE,
  t TIME,
  t0 TIMESTAMP(0),
  t3 TIMESTAMP(3),
  t6 TIMESTAMP(6)
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/x.jsonl',
  'format' = 'json'
);

SELECT id, d, t, t0, t3, CAST(t6 AS STRING) AS t6s, CAST(t3 AS STRING) AS t3s, CAST(t0 AS STRING) AS t0s FROM x;

--@ ddl/file-metadata | fname,fsize,n,s
-- filesystem metadata columns file.name and file.size next to physical columns
CREATE TABLE f (
  id INT,
  fname STRING NOT NULL METADATA FROM 'file.name',
  fsize BIGINT NOT NULL METADATA FROM 'file.size'
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input',
  'format' = 'json'
);

SELECT fname, fsize, COUNT(*) AS n, SUM(id) AS s FROM f GROUP BY fname, fsize;

--@ ddl/ltz-timezone | id,l,loc,f,d
-- TIMESTAMP_LTZ with a session time zone over a DST change: casts and DATE_FORMAT use the zone
SET 'table.local-time-zone' = 'Europe/Berlin';

CREATE TABLE x (
  id INT,
  ms BIGINT,
  l AS TO_TIMESTAMP_LTZ(ms, 3)
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/x.jsonl',
  'format' = 'json'
);

SELECT id, l, CAST(l AS TIMESTAMP(3)) AS loc, DATE_FORMAT(l, 'yyyy-MM-dd HH:mm') AS f, CAST(l AS DATE) AS d FROM x;

--@ ddl/nested-access | id,nm,city,n1,n4,ma,mb,cn,cm,dv
-- field access through NULL rows, array index (1-based, out of range), map lookup, CARDINALITY
CREATE TABLE nest (
  id INT,
  who ROW<name STRING, addr ROW<city STRING, zip INT>>,
  nums ARRAY<BIGINT>,
  m MAP<STRING, DOUBLE>,
  deep ARRAY<ROW<k STRING, v ARRAY<INT>>>
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/nest.jsonl',
  'format' = 'json'
);

SELECT id, who.name AS nm, who.addr.city AS city, nums[1] AS n1, nums[4] AS n4, m['a'] AS ma, m['b'] AS mb, CARDINALITY(nums) AS cn, CARDINALITY(m) AS cm, deep[1].v[2] AS dv FROM nest;

--@ ddl/nested-construct | id,r,a,m,named
-- building ROW, ARRAY and MAP values in SELECT
CREATE TABLE ev (
  id BIGINT,
  price DECIMAL(8, 2),
  qty INT,
  tag STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/ev.jsonl',
  'format' = 'json'
);

SELECT id, ROW(tag, qty) AS r, ARRAY[qty, 7, NULL] AS a, MAP['p', price, 'q', CAST(qty AS DECIMAL(8, 2))] AS m, CAST(ROW(id, tag) AS ROW<i BIGINT, s STRING>) AS named FROM ev;

--@ ddl/projection-order | z,a
-- file fields in another order, unused and extra fields, nested projection of one leaf
CREATE TABLE n (
  c STRING,
  a INT,
  r ROW<x INT, y ROW<z STRING, w INT>>
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/n.jsonl',
  'format' = 'json'
);

SELECT r.y.z AS z, a FROM n WHERE r.x > 2;

--@ set/in-list | a,b,i1,i2,i3,i4
-- IN and NOT IN lists with NULL elements and NULL probes (three-valued logic)
CREATE TABLE l (
  a BIGINT,
  b STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/l.jsonl',
  'format' = 'json'
);

SELECT a, b, a IN (1, 2, NULL) AS i1, a NOT IN (1, 2) AS i2, a NOT IN (3, NULL) AS i3, b IN ('x', 'é') AS i4 FROM l;

--@ set/order-by-limit-offset | id,v
-- ORDER BY ... LIMIT 5 OFFSET 3
CREATE TABLE s (
  id INT,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '20' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/s.jsonl',
  'format' = 'json'
);

SELECT id, v FROM s ORDER BY v ASC, id ASC LIMIT 5 OFFSET 3;

--@ set/order-by-rowtime-late | id,t
-- ORDER BY rowtime with late rows: a row is dropped only if it is not after the last emitted time, not merely behind the watermark (parallelism 1 is set in the script)
SET 'table.exec.resource.default-parallelism' = '1';

CREATE TABLE s (
  id INT,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '4' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/s.jsonl',
  'format' = 'json'
);

SELECT id, t FROM s ORDER BY t;

--@ set/order-by-rowtime-second | id,v,t
-- ORDER BY rowtime, then a second column for equal times
CREATE TABLE s (
  id INT,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '20' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/s.jsonl',
  'format' = 'json'
);

SELECT id, v, t FROM s ORDER BY t ASC, v DESC;

--@ set/union | a,b
-- UNION of two tables with duplicates and NULLs (NULLs compare equal)
CREATE TABLE l (
  a BIGINT,
  b STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/l.jsonl',
  'format' = 'json'
);

CREATE TABLE r (
  a BIGINT,
  b STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/r.jsonl',
  'format' = 'json'
);

SELECT a, b FROM l
UNION
SELECT a, b FROM r;

--@ set/union-all-rowtime | window_start,window_end,n,srcs
-- UNION ALL of two event-time streams keeps the rowtime: window on top
CREATE TABLE l (
  k STRING,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '5' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/l.jsonl',
  'format' = 'json'
);

CREATE TABLE r (
  k STRING,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '5' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/r.jsonl',
  'format' = 'json'
);

CREATE TEMPORARY VIEW u AS SELECT 'L' AS src, k, t FROM l UNION ALL SELECT 'R' AS src, k, t FROM r;

SELECT window_start, window_end, COUNT(*) AS n, COUNT(DISTINCT src) AS srcs FROM TABLE(TUMBLE(TABLE u, DESCRIPTOR(t), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;

--@ set/union-all-widening | a,d
-- UNION ALL of INT, BIGINT, DECIMAL and DOUBLE columns: the common type
CREATE TABLE l (
  a INT,
  d DECIMAL(6, 2)
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/l.jsonl',
  'format' = 'json'
);

CREATE TABLE r (
  a BIGINT,
  d DECIMAL(9, 4)
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/r.jsonl',
  'format' = 'json'
);

SELECT a, d FROM l UNION ALL SELECT a, d FROM r UNION ALL SELECT CAST(7 AS SMALLINT), CAST(1 AS INT);

--@ join/anti-not-exists | cust_id,name
-- correlated NOT EXISTS keeps NULL keys
CREATE TABLE orders (
  order_id BIGINT,
  cust_id BIGINT,
  amount DECIMAL(10, 2),
  qty INT,
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/orders.jsonl',
  'format' = 'json'
);

CREATE TABLE customers (
  cust_id BIGINT,
  name STRING,
  region STRING,
  credit INT
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/customers.jsonl',
  'format' = 'json'
);

SELECT c.cust_id, c.name FROM customers c
WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.cust_id = c.cust_id AND o.qty = 2 AND o.amount > 400);

--@ join/anti-on-aggregate | name
-- NOT EXISTS over an updating aggregate: rows come and go
CREATE TABLE orders (
  order_id BIGINT,
  cust_id BIGINT,
  amount DECIMAL(10, 2),
  qty INT,
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/orders.jsonl',
  'format' = 'json'
);

CREATE TABLE customers (
  cust_id BIGINT,
  name STRING,
  region STRING,
  credit INT
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/customers.jsonl',
  'format' = 'json'
);

SELECT c.name FROM customers c
WHERE NOT EXISTS (SELECT 1 FROM (SELECT cust_id, COUNT(*) AS n FROM orders GROUP BY cust_id) a WHERE a.cust_id = c.cust_id AND a.n > 4);

--@ join/interval-equal-time | pid,tid
-- interval join with rowtime equality
CREATE TABLE pay (
  pid INT,
  k STRING,
  v INT,
  pt TIMESTAMP(3),
  WATERMARK FOR pt AS pt - INTERVAL '60' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/pay.jsonl',
  'format' = 'json'
);

CREATE TABLE tick (
  tid INT,
  k STRING,
  tt TIMESTAMP(3),
  WATERMARK FOR tt AS tt
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/tick.jsonl',
  'format' = 'json'
);

SELECT p.pid, t.tid FROM pay p JOIN tick t ON p.k = t.k AND p.pt = t.tt;

--@ join/interval-full | pid,pt,sid,st
-- FULL interval join, both bounds inclusive, out-of-order input, NULL keys
CREATE TABLE pay (
  pid INT,
  k STRING,
  v INT,
  pt TIMESTAMP(3),
  WATERMARK FOR pt AS pt - INTERVAL '60' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/pay.jsonl',
  'format' = 'json'
);

CREATE TABLE ship (
  sid INT,
  k STRING,
  w INT,
  st TIMESTAMP(3),
  WATERMARK FOR st AS st - INTERVAL '60' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/ship.jsonl',
  'format' = 'json'
);

SELECT p.pid, p.pt, s.sid, s.st
FROM pay p FULL JOIN ship s
  ON p.k = s.k AND s.st BETWEEN p.pt - INTERVAL '1' MINUTE AND p.pt + INTERVAL '2' MINUTE;

--@ join/interval-right | pid,pt,sid,st
-- RIGHT interval join, both bounds inclusive, out-of-order input, NULL keys
CREATE TABLE pay (
  pid INT,
  k STRING,
  v INT,
  pt TIMESTAMP(3),
  WATERMARK FOR pt AS pt - INTERVAL '60' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/pay.jsonl',
  'format' = 'json'
);

CREATE TABLE ship (
  sid INT,
  k STRING,
  w INT,
  st TIMESTAMP(3),
  WATERMARK FOR st AS st - INTERVAL '60' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/ship.jsonl',
  'format' = 'json'
);

SELECT p.pid, p.pt, s.sid, s.st
FROM pay p RIGHT JOIN ship s
  ON p.k = s.k AND s.st BETWEEN p.pt - INTERVAL '1' MINUTE AND p.pt + INTERVAL '2' MINUTE;

--@ join/interval-self | p1,p2,k
-- interval self-join on one source: consecutive events of one key within 90 s
CREATE TABLE pay (
  pid INT,
  k STRING,
  v INT,
  pt TIMESTAMP(3),
  WATERMARK FOR pt AS pt - INTERVAL '60' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/pay.jsonl',
  'format' = 'json'
);

SELECT a.pid AS p1, b.pid AS p2, a.k FROM pay a JOIN pay b
  ON a.k = b.k AND b.pt > a.pt AND b.pt <= a.pt + INTERVAL '90' SECOND;

--@ join/interval-then-window | window_start,window_end,k,n,sv
-- interval join output keeps its time attribute: tumbling window on top
CREATE TABLE pay (
  pid INT,
  k STRING,
  v INT,
  pt TIMESTAMP(3),
  WATERMARK FOR pt AS pt - INTERVAL '60' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/pay.jsonl',
  'format' = 'json'
);

CREATE TABLE ship (
  sid INT,
  k STRING,
  w INT,
  st TIMESTAMP(3),
  WATERMARK FOR st AS st - INTERVAL '60' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/ship.jsonl',
  'format' = 'json'
);

CREATE TEMPORARY VIEW j AS
SELECT p.pid, p.v, p.k, p.pt, s.sid FROM pay p JOIN ship s ON p.k = s.k AND s.st BETWEEN p.pt - INTERVAL '1' MINUTE AND p.pt + INTERVAL '2' MINUTE;

SELECT window_start, window_end, k, COUNT(*) AS n, SUM(v) AS sv
FROM TABLE(TUMBLE(TABLE j, DESCRIPTOR(pt), INTERVAL '10' MINUTE))
GROUP BY window_start, window_end, k;

--@ join/join-on-agg-value | cust_id,n,label
-- join on an updating NON-key value: customers by number of orders equal to a target
CREATE TABLE orders (
  order_id BIGINT,
  cust_id BIGINT,
  amount DECIMAL(10, 2),
  qty INT,
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/orders.jsonl',
  'format' = 'json'
);

CREATE TABLE targets (
  n BIGINT,
  label STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/targets.jsonl',
  'format' = 'json'
);

SELECT a.cust_id, a.n, t.label
FROM (SELECT cust_id, COUNT(*) AS n FROM orders GROUP BY cust_id) a
LEFT JOIN targets t ON a.n = t.n;

--@ join/left-null-keys | order_id,cust_id,name,region
-- LEFT JOIN: NULL and unmatched keys are padded
CREATE TABLE orders (
  order_id BIGINT,
  cust_id BIGINT,
  amount DECIMAL(10, 2),
  qty INT,
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/orders.jsonl',
  'format' = 'json'
);

CREATE TABLE customers (
  cust_id BIGINT,
  name STRING,
  region STRING,
  credit INT
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/customers.jsonl',
  'format' = 'json'
);

SELECT o.order_id, o.cust_id, c.name, c.region
FROM orders o LEFT JOIN customers c ON o.cust_id = c.cust_id;

--@ join/left-residual | order_id,amount,name,credit
-- LEFT JOIN with a non-equi residual predicate in ON (fails -> padded, not dropped)
CREATE TABLE orders (
  order_id BIGINT,
  cust_id BIGINT,
  amount DECIMAL(10, 2),
  qty INT,
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/orders.jsonl',
  'format' = 'json'
);

CREATE TABLE customers (
  cust_id BIGINT,
  name STRING,
  region STRING,
  credit INT
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/customers.jsonl',
  'format' = 'json'
);

SELECT o.order_id, o.amount, c.name, c.credit
FROM orders o LEFT JOIN customers c
  ON o.cust_id = c.cust_id AND o.amount > c.credit;

--@ join/right-null-keys | order_id,cust_id,name
-- RIGHT JOIN: unmatched and NULL-key right rows survive
CREATE TABLE orders (
  order_id BIGINT,
  cust_id BIGINT,
  amount DECIMAL(10, 2),
  qty INT,
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/orders.jsonl',
  'format' = 'json'
);

CREATE TABLE customers (
  cust_id BIGINT,
  name STRING,
  region STRING,
  credit INT
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/customers.jsonl',
  'format' = 'json'
);

SELECT o.order_id, c.cust_id, c.name
FROM orders o RIGHT JOIN customers c ON o.cust_id = c.cust_id AND o.qty = 3;

--@ join/temporal-dedup-view | oid,cur,ot,rate,rt
-- event-time temporal join on a versioned view (keep-last dedup), both inputs out of order
CREATE TABLE ro (
  oid INT,
  cur STRING,
  amt DECIMAL(10, 2),
  ot TIMESTAMP(3),
  WATERMARK FOR ot AS ot - INTERVAL '45' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/ro.jsonl',
  'format' = 'json'
);

CREATE TABLE rate_log (
  cur STRING,
  rate DECIMAL(12, 6),
  rt TIMESTAMP(3),
  WATERMARK FOR rt AS rt - INTERVAL '60' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/rate_log.jsonl',
  'format' = 'json'
);

CREATE TEMPORARY VIEW versioned AS
SELECT cur, rate, rt FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY cur ORDER BY rt DESC) AS rn FROM rate_log)
WHERE rn = 1;

SELECT o.oid, o.cur, o.ot, r.rate, r.rt
FROM ro AS o JOIN versioned FOR SYSTEM_TIME AS OF o.ot AS r ON o.cur = r.cur;

--@ join/three-way | order_id,name,currency,amount
-- INNER then LEFT then self: three-way join with a duplicated key
CREATE TABLE orders (
  order_id BIGINT,
  cust_id BIGINT,
  amount DECIMAL(10, 2),
  qty INT,
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/orders.jsonl',
  'format' = 'json'
);

CREATE TABLE customers (
  cust_id BIGINT,
  name STRING,
  region STRING,
  credit INT
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/customers.jsonl',
  'format' = 'json'
);

CREATE TABLE regions (
  region STRING,
  currency STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/regions.jsonl',
  'format' = 'json'
);

SELECT o.order_id, c.name, r.currency, o.amount
FROM orders o
JOIN customers c ON o.cust_id = c.cust_id
LEFT JOIN regions r ON c.region = r.region;

--@ join/unnest-rows | sku,c,s
-- UNNEST of ARRAY<ROW> spreads the fields, then aggregate
CREATE TABLE docs (
  id INT,
  tags ARRAY<STRING>,
  attrs MAP<STRING, BIGINT>,
  items ARRAY<ROW<sku STRING, n INT>>
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/docs.jsonl',
  'format' = 'json'
);

SELECT u.sku, COUNT(*) AS c, SUM(u.n) AS s FROM docs CROSS JOIN UNNEST(items) AS u (sku, n) GROUP BY u.sku;

--@ join/window-full-tumble | xid,yid,ws,xk,yk
-- FULL window join on TUMBLE, NULL keys
CREATE TABLE l (
  id INT,
  k STRING,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/l.jsonl',
  'format' = 'json'
);

CREATE TABLE r (
  id INT,
  k STRING,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/r.jsonl',
  'format' = 'json'
);

SELECT x.id AS xid, y.id AS yid, COALESCE(x.window_start, y.window_start) AS ws, x.k AS xk, y.k AS yk
FROM (SELECT * FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(t), INTERVAL '2' MINUTE))) x FULL JOIN (SELECT * FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(t), INTERVAL '2' MINUTE))) y
ON x.k = y.k AND x.window_start = y.window_start AND x.window_end = y.window_end;

--@ join/window-inner-hop | window_start,window_end,xid,yid
-- INNER window join on HOP windows with residual
CREATE TABLE l (
  id INT,
  k STRING,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/l.jsonl',
  'format' = 'json'
);

CREATE TABLE r (
  id INT,
  k STRING,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/r.jsonl',
  'format' = 'json'
);

SELECT x.window_start, x.window_end, x.id AS xid, y.id AS yid
FROM (SELECT * FROM TABLE(HOP(TABLE l, DESCRIPTOR(t), INTERVAL '1' MINUTE, INTERVAL '3' MINUTE))) x JOIN (SELECT * FROM TABLE(HOP(TABLE r, DESCRIPTOR(t), INTERVAL '1' MINUTE, INTERVAL '3' MINUTE))) y
ON x.k = y.k AND x.window_start = y.window_start AND x.window_end = y.window_end AND x.v > y.v;

--@ join/window-inner-tumble | xid,yid,ws,xk,yk
-- INNER window join on TUMBLE, NULL keys
CREATE TABLE l (
  id INT,
  k STRING,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/l.jsonl',
  'format' = 'json'
);

CREATE TABLE r (
  id INT,
  k STRING,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/r.jsonl',
  'format' = 'json'
);

SELECT x.id AS xid, y.id AS yid, x.window_start AS ws, x.k AS xk, y.k AS yk
FROM (SELECT * FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(t), INTERVAL '2' MINUTE))) x JOIN (SELECT * FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(t), INTERVAL '2' MINUTE))) y
ON x.k = y.k AND x.window_start = y.window_start AND x.window_end = y.window_end;

--@ join/window-join-of-aggs | window_start,k,left_n,right_n
-- join of two window aggregations on the same windows
CREATE TABLE l (
  id INT,
  k STRING,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/l.jsonl',
  'format' = 'json'
);

CREATE TABLE r (
  id INT,
  k STRING,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/r.jsonl',
  'format' = 'json'
);

SELECT a.window_start, a.k, a.n AS left_n, b.n AS right_n
FROM (SELECT window_start, window_end, k, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(t), INTERVAL '2' MINUTE)) GROUP BY window_start, window_end, k) a
LEFT JOIN (SELECT window_start, window_end, k, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(t), INTERVAL '2' MINUTE)) GROUP BY window_start, window_end, k) b
ON a.window_start = b.window_start AND a.window_end = b.window_end AND a.k = b.k;

--@ join/window-left-tumble | xid,yid,ws,xk,yk
-- LEFT window join on TUMBLE, NULL keys
CREATE TABLE l (
  id INT,
  k STRING,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/l.jsonl',
  'format' = 'json'
);

CREATE TABLE r (
  id INT,
  k STRING,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/r.jsonl',
  'format' = 'json'
);

SELECT x.id AS xid, y.id AS yid, COALESCE(x.window_start, y.window_start) AS ws, x.k AS xk, y.k AS yk
FROM (SELECT * FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(t), INTERVAL '2' MINUTE))) x LEFT JOIN (SELECT * FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(t), INTERVAL '2' MINUTE))) y
ON x.k = y.k AND x.window_start = y.window_start AND x.window_end = y.window_end;

--@ join/window-right-tumble | xid,yid,ws,xk,yk
-- RIGHT window join on TUMBLE, NULL keys
CREATE TABLE l (
  id INT,
  k STRING,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/l.jsonl',
  'format' = 'json'
);

CREATE TABLE r (
  id INT,
  k STRING,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/r.jsonl',
  'format' = 'json'
);

SELECT x.id AS xid, y.id AS yid, COALESCE(x.window_start, y.window_start) AS ws, x.k AS xk, y.k AS yk
FROM (SELECT * FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(t), INTERVAL '2' MINUTE))) x RIGHT JOIN (SELECT * FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(t), INTERVAL '2' MINUTE))) y
ON x.k = y.k AND x.window_start = y.window_start AND x.window_end = y.window_end;

--@ join/window-semi-in-hop | id,k,window_start
-- window SEMI join through IN on HOP
CREATE TABLE l (
  id INT,
  k STRING,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/l.jsonl',
  'format' = 'json'
);

CREATE TABLE r (
  id INT,
  k STRING,
  v INT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/r.jsonl',
  'format' = 'json'
);

SELECT x.id, x.k, x.window_start FROM (SELECT * FROM TABLE(HOP(TABLE l, DESCRIPTOR(t), INTERVAL '1' MINUTE, INTERVAL '3' MINUTE))) x
WHERE x.k IN (SELECT y.k FROM (SELECT * FROM TABLE(HOP(TABLE r, DESCRIPTOR(t), INTERVAL '1' MINUTE, INTERVAL '3' MINUTE))) y WHERE x.window_start = y.window_start AND x.window_end = y.window_end);

--@ over/late-row-dropped | id,n
-- OVER drops rows behind the watermark (parallelism 1 only)
SET 'pipeline.auto-watermark-interval'='0';
CREATE TABLE tick (
  id INT, sym STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector'='filesystem','path'='/case/input/tick.jsonl','format'='json');
SELECT id, COUNT(*) OVER (ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS n FROM tick;

--@ over/row-number-rank-input | id,sym,rn
-- ROW_NUMBER over event time without a limit filter
CREATE TABLE tick (
  id INT, sym STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND
) WITH ('connector'='filesystem','path'='/case/input/tick.jsonl','format'='json');
SELECT id, sym, ROW_NUMBER() OVER (PARTITION BY sym ORDER BY ts) AS rn FROM tick;

--@ over/rows-unbounded | id,sym,v,s,mx,mn,a
-- ROWS UNBOUNDED PRECEDING running totals per key
CREATE TABLE tick (
  id INT, sym STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND
) WITH ('connector'='filesystem','path'='/case/input/tick.jsonl','format'='json');
SELECT id, sym, v, SUM(v) OVER w AS s, MAX(v) OVER w AS mx, MIN(p) OVER w AS mn, AVG(v) OVER w AS a FROM tick WINDOW w AS (PARTITION BY sym ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);

--@ over/unpartitioned | id,sym,s,ap
-- OVER without PARTITION BY, ROWS 4 PRECEDING and average
CREATE TABLE tick (
  id INT, sym STRING, v INT, p DECIMAL(8,2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND
) WITH ('connector'='filesystem','path'='/case/input/tick.jsonl','format'='json');
SELECT id, sym, SUM(v) OVER w AS s, AVG(p) OVER w AS ap FROM tick WINDOW w AS (ORDER BY ts ROWS BETWEEN 4 PRECEDING AND CURRENT ROW);

--@ rank/dedup-then-agg | team,players,total
-- keep-last dedup then GROUP BY: the aggregate must retract the replaced row
CREATE TABLE scores (
  id INT,
  team STRING,
  player STRING,
  score BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/scores.jsonl',
  'format' = 'json'
);

SELECT team, COUNT(*) AS players, SUM(score - 9007199254740000) AS total FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY player ORDER BY t DESC) AS rn FROM scores)
WHERE rn = 1 GROUP BY team;

--@ rank/nulls-first-last | g,rn,id,v
-- explicit NULLS LAST with ASC
CREATE TABLE nl (
  id INT,
  g STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/nl.jsonl',
  'format' = 'json'
);

SELECT g, rn, id, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY g ORDER BY v ASC NULLS LAST, id ASC) AS rn FROM nl) WHERE rn <= 9;

--@ rank/ties-arrival-order | id,v,rn
-- ties in the sort key keep arrival order (changelog shows it, parallelism-safe: one partition)
CREATE TABLE tie (
  id INT,
  g STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/tie.jsonl',
  'format' = 'json'
);

SELECT id, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY g ORDER BY v DESC) AS rn FROM tie) WHERE rn <= 4;

--@ rank/topn-extra-filter | team,rn,id,player
-- rank filter AND another predicate in the outer WHERE (applied after ranking)
CREATE TABLE scores (
  id INT,
  team STRING,
  player STRING,
  score BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/scores.jsonl',
  'format' = 'json'
);

SELECT team, rn, id, player FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY team ORDER BY score DESC) AS rn FROM scores)
WHERE rn <= 5 AND player <> 'bob';

--@ rank/topn-global | rn,id,player,score
-- global Top-5 without PARTITION BY
CREATE TABLE scores (
  id INT,
  team STRING,
  player STRING,
  score BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/scores.jsonl',
  'format' = 'json'
);

SELECT rn, id, player, score FROM (
  SELECT *, ROW_NUMBER() OVER (ORDER BY score ASC) AS rn FROM scores)
WHERE rn <= 5;

--@ rank/topn-no-rank | team,id,score
-- Top-3 per team without the rank column (append-only input); NULL is a partition
CREATE TABLE scores (
  id INT,
  team STRING,
  player STRING,
  score BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/scores.jsonl',
  'format' = 'json'
);

SELECT team, id, score FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY team ORDER BY score DESC) AS rn FROM scores)
WHERE rn <= 3;

--@ rank/topn-of-join | player,rn,id,total
-- Top-2 over the result of a regular join
CREATE TABLE scores (
  id INT,
  team STRING,
  player STRING,
  score BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/scores.jsonl',
  'format' = 'json'
);

CREATE TABLE bonus (
  player STRING,
  b BIGINT
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/bonus.jsonl',
  'format' = 'json'
);

SELECT player, rn, id, total FROM (
  SELECT s.player, s.id, s.score + b.b AS total, ROW_NUMBER() OVER (PARTITION BY s.player ORDER BY s.score + b.b DESC) AS rn
  FROM scores s JOIN bonus b ON s.player = b.player) WHERE rn <= 2;

--@ rank/topn-of-topn | r2,team,id,score
-- Top-2 of the per-team Top-3 (cascaded)
CREATE TABLE scores (
  id INT,
  team STRING,
  player STRING,
  score BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/scores.jsonl',
  'format' = 'json'
);

SELECT r2, team, id, score FROM (
  SELECT *, ROW_NUMBER() OVER (ORDER BY score ASC) AS r2 FROM (
    SELECT team, id, score FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY team ORDER BY score DESC) AS rn FROM scores) WHERE rn <= 3))
WHERE r2 <= 2;

--@ rank/topn-offset | team,rn,id
-- rank range BETWEEN 2 AND 4 (offset Top-N)
CREATE TABLE scores (
  id INT,
  team STRING,
  player STRING,
  score BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/scores.jsonl',
  'format' = 'json'
);

SELECT team, rn, id FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY team ORDER BY score DESC) AS rn FROM scores)
WHERE rn BETWEEN 2 AND 4;

--@ rank/topn-then-agg | n,players,mn
-- aggregate over a Top-N without rank
CREATE TABLE scores (
  id INT,
  team STRING,
  player STRING,
  score BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/scores.jsonl',
  'format' = 'json'
);

SELECT COUNT(*) AS n, COUNT(DISTINCT player) AS players, MIN(score) AS mn FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY team ORDER BY score DESC) AS rn FROM scores) WHERE rn <= 4;

--@ rank/topn-with-rank | team,rn,id,score
-- Top-3 per team WITH the rank column: the shift of ranks in the changelog
CREATE TABLE scores (
  id INT,
  team STRING,
  player STRING,
  score BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/scores.jsonl',
  'format' = 'json'
);

SELECT team, rn, id, score FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY team ORDER BY score DESC) AS rn FROM scores)
WHERE rn <= 3;

--@ rank/window-topn | window_start,rn,id,score
-- window Top-2 on TUMBLE without aggregation (ROW_NUMBER per window)
CREATE TABLE scores (
  id INT,
  team STRING,
  player STRING,
  score BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/scores.jsonl',
  'format' = 'json'
);

SELECT window_start, rn, id, score FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY score DESC) AS rn
  FROM TABLE(TUMBLE(TABLE scores, DESCRIPTOR(t), INTERVAL '2' MINUTE))) WHERE rn <= 2;

--@ rank/window-topn-after-agg | window_start,window_end,team,n
-- window Top-1 after a window aggregation (HOP), append-only result
CREATE TABLE scores (
  id INT,
  team STRING,
  player STRING,
  score BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/scores.jsonl',
  'format' = 'json'
);

SELECT window_start, window_end, team, n FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY n DESC, team DESC) AS rn
  FROM (SELECT window_start, window_end, team, COUNT(*) AS n
        FROM TABLE(HOP(TABLE scores, DESCRIPTOR(t), INTERVAL '1' MINUTE, INTERVAL '4' MINUTE)) GROUP BY window_start, window_end, team)) WHERE rn = 1;

--@ cep/cross-variable | sym,a,b,c,mean
-- DEFINE refers to other variables and to arithmetic over them
CREATE TABLE tick (
  id INT,
  sym STRING,
  price INT,
  vol BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '8' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/tick.jsonl',
  'format' = 'json'
);

SELECT * FROM tick
MATCH_RECOGNIZE (
  PARTITION BY sym
  ORDER BY t
  MEASURES
    A.id AS a, B.id AS b, C.id AS c, (A.price + B.price + C.price) / 3 AS mean
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO NEXT ROW
  PATTERN (A B C)
  DEFINE
    B AS B.price <> A.price,
    C AS ABS(C.price - A.price) < ABS(B.price - A.price)
) AS m;

--@ cep/late-dropped | sym,a,b,c
-- rows at or behind the watermark are dropped before matching (parallelism 1 is set in the script)
SET 'table.exec.resource.default-parallelism' = '1';

CREATE TABLE tick (
  id INT,
  sym STRING,
  price INT,
  vol BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '2' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/tick.jsonl',
  'format' = 'json'
);

SELECT * FROM tick
MATCH_RECOGNIZE (
  PARTITION BY sym
  ORDER BY t
  MEASURES
    A.id AS a, B.id AS b, C.id AS c
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B C)
  DEFINE
    C AS C.id > 0
) AS m;

--@ cep/on-view | sym,a,b,sn
-- MATCH_RECOGNIZE over a filtered view with a computed column
CREATE TABLE tick (
  id INT,
  sym STRING,
  price INT,
  vol BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '8' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/tick.jsonl',
  'format' = 'json'
);

CREATE TEMPORARY VIEW big AS SELECT id, sym, price, price * vol AS notional, t FROM tick WHERE vol >= 5;

SELECT * FROM big
MATCH_RECOGNIZE (
  PARTITION BY sym
  ORDER BY t
  MEASURES
    A.id AS a, LAST(B.id) AS b, SUM(B.notional) AS sn
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B{2,4} C)
  DEFINE
    B AS B.notional > A.notional / 2,
    C AS C.notional < A.notional
) AS m;

--@ cep/quant-greedy-no-backtrack | ?
-- greedy B+ never gives a row back: every C is also a B, so there is no match at all; expected is empty
CREATE TABLE tick (
  id INT,
  sym STRING,
  price INT,
  vol BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '8' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/tick.jsonl',
  'format' = 'json'
);

SELECT * FROM tick
MATCH_RECOGNIZE (
  PARTITION BY sym
  ORDER BY t
  MEASURES
    A.id AS a, COUNT(B.id) AS nb, C.id AS c
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B+ C)
  DEFINE
    A AS A.vol = 20,
    B AS B.vol < 20,
    C AS C.vol <= 10
) AS m;

--@ cep/quant-optional | sym,a,nb,lb,c
-- quantifier optional ?; B and C overlap on vol = 10 so that greediness matters
CREATE TABLE tick (
  id INT,
  sym STRING,
  price INT,
  vol BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '8' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/tick.jsonl',
  'format' = 'json'
);

SELECT * FROM tick
MATCH_RECOGNIZE (
  PARTITION BY sym
  ORDER BY t
  MEASURES
    A.id AS a, COUNT(B.id) AS nb, LAST(B.id) AS lb, C.id AS c
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B? C)
  DEFINE
    A AS A.vol = 20,
    B AS B.vol < 20,
    C AS C.vol >= 10
) AS m;

--@ cep/quant-plus-greedy | sym,a,nb,lb,c
-- quantifier greedy +; B and C overlap on vol = 10 so that greediness matters
CREATE TABLE tick (
  id INT,
  sym STRING,
  price INT,
  vol BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '8' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/tick.jsonl',
  'format' = 'json'
);

SELECT * FROM tick
MATCH_RECOGNIZE (
  PARTITION BY sym
  ORDER BY t
  MEASURES
    A.id AS a, COUNT(B.id) AS nb, LAST(B.id) AS lb, C.id AS c
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B+ C)
  DEFINE
    A AS A.vol = 20,
    B AS B.vol < 20,
    C AS C.vol >= 10
) AS m;

--@ cep/skip-past-last | sym,a,fb,lb,c
-- AFTER MATCH SKIP PAST LAST ROW
CREATE TABLE tick (
  id INT,
  sym STRING,
  price INT,
  vol BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '8' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/tick.jsonl',
  'format' = 'json'
);

SELECT * FROM tick
MATCH_RECOGNIZE (
  PARTITION BY sym
  ORDER BY t
  MEASURES
    A.id AS a, FIRST(B.id) AS fb, LAST(B.id) AS lb, C.id AS c
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B{2} C)
  DEFINE
    B AS B.vol >= 5,
    C AS C.price <> A.price
) AS m;

--@ cep/skip-to-first | sym,a,fb,lb,c
-- AFTER MATCH SKIP TO FIRST B
CREATE TABLE tick (
  id INT,
  sym STRING,
  price INT,
  vol BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '8' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/tick.jsonl',
  'format' = 'json'
);

SELECT * FROM tick
MATCH_RECOGNIZE (
  PARTITION BY sym
  ORDER BY t
  MEASURES
    A.id AS a, FIRST(B.id) AS fb, LAST(B.id) AS lb, C.id AS c
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO FIRST B
  PATTERN (A B{2} C)
  DEFINE
    B AS B.vol >= 5,
    C AS C.price <> A.price
) AS m;

--@ cep/undefined-variable | sym,a,b,c,d
-- a variable absent from DEFINE matches any row
CREATE TABLE tick (
  id INT,
  sym STRING,
  price INT,
  vol BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '8' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/tick.jsonl',
  'format' = 'json'
);

SELECT * FROM tick
MATCH_RECOGNIZE (
  PARTITION BY sym
  ORDER BY t
  MEASURES
    A.id AS a, B.id AS b, C.id AS c, B.price - A.price AS d
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B C)
  DEFINE
    C AS C.price > A.price + 3
) AS m;

--@ cep/v-shape | sym,start_t,low,top,end_t
-- V shape: strictly falling then rising prices, out-of-order input, PARTITION BY
CREATE TABLE tick (
  id INT,
  sym STRING,
  price INT,
  vol BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '8' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/tick.jsonl',
  'format' = 'json'
);

SELECT * FROM tick
MATCH_RECOGNIZE (
  PARTITION BY sym
  ORDER BY t
  MEASURES
    S.t AS start_t, LAST(D.price) AS low, LAST(U.price) AS top, LAST(U.t) AS end_t
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO LAST U
  PATTERN (S D+ U+ X)
  DEFINE
    D AS D.price < LAST(D.price, 1) OR (LAST(D.price, 1) IS NULL AND D.price < S.price),
    U AS U.price > LAST(D.price) AND (LAST(U.price, 1) IS NULL OR U.price > LAST(U.price, 1)),
    X AS X.price <= LAST(U.price)
) AS m;

--@ cep/within | sym,a,b,dur
-- WITHIN bounds the duration of a match (strictly less than the interval)
CREATE TABLE tick (
  id INT,
  sym STRING,
  price INT,
  vol BIGINT,
  t TIMESTAMP(3),
  WATERMARK FOR t AS t - INTERVAL '8' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/tick.jsonl',
  'format' = 'json'
);

SELECT * FROM tick
MATCH_RECOGNIZE (
  PARTITION BY sym
  ORDER BY t
  MEASURES
    A.id AS a, B.id AS b, TIMESTAMPDIFF(SECOND, A.t, B.t) AS dur
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A X*? B) WITHIN INTERVAL '6' SECOND
  DEFINE
    A AS A.vol = 20,
    X AS X.vol < 20,
    B AS B.vol = 10
) AS m;

--@ changelog/agg-no-net-change | branch,mo
-- an update that leaves the aggregate unchanged emits nothing (group by owner, max of a constant)
CREATE TABLE accounts (
  id BIGINT,
  owner STRING,
  branch STRING,
  balance DECIMAL(12, 2),
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/accounts.jsonl',
  'format' = 'debezium-json'
);

SELECT branch, MAX(owner) AS mo FROM accounts GROUP BY branch;

--@ changelog/canal | id,owner,branch,balance
-- canal-json: several rows per message, values as strings, DDL messages skipped
CREATE TABLE accounts (
  id BIGINT,
  owner STRING,
  branch STRING,
  balance DECIMAL(12, 2),
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/accounts.jsonl',
  'format' = 'canal-json'
);

SELECT id, owner, branch, balance FROM accounts;

--@ changelog/debezium-agg-of-agg | n,owners
-- histogram: aggregate of a retracting aggregate
CREATE TABLE accounts (
  id BIGINT,
  owner STRING,
  branch STRING,
  balance DECIMAL(12, 2),
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/accounts.jsonl',
  'format' = 'debezium-json'
);

SELECT n, COUNT(*) AS owners FROM (SELECT owner, branch, COUNT(*) AS n FROM accounts GROUP BY owner, branch) GROUP BY n;

--@ changelog/debezium-filter | id,balance
-- WHERE on a changing column: an update may turn into a lone -U/+U side (delete or insert)
CREATE TABLE accounts (
  id BIGINT,
  owner STRING,
  branch STRING,
  balance DECIMAL(12, 2),
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/accounts.jsonl',
  'format' = 'debezium-json'
);

SELECT id, balance FROM accounts WHERE balance >= 400;

--@ changelog/debezium-full-join | id,owner,tier
-- FULL join of two debezium tables with residual
CREATE TABLE accounts (
  id BIGINT,
  owner STRING,
  branch STRING,
  balance DECIMAL(12, 2),
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/accounts.jsonl',
  'format' = 'debezium-json'
);

CREATE TABLE owners (
  owner STRING,
  tier STRING,
  since DATE,
  PRIMARY KEY (owner) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/owners.jsonl',
  'format' = 'debezium-json'
);

SELECT a.id, o.owner, o.tier FROM accounts a FULL JOIN owners o ON a.owner = o.owner AND (o.tier = 'gold' OR a.balance < 200);

--@ changelog/debezium-group-agg | branch,n,nb,s,a
-- COUNT/SUM/AVG over a retracting source: groups vanish when their count is 0; NULL group
CREATE TABLE accounts (
  id BIGINT,
  owner STRING,
  branch STRING,
  balance DECIMAL(12, 2),
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/accounts.jsonl',
  'format' = 'debezium-json'
);

SELECT branch, COUNT(*) AS n, COUNT(balance) AS nb, SUM(balance) AS s, AVG(balance) AS a FROM accounts GROUP BY branch;

--@ changelog/debezium-having | branch,n
-- HAVING on a retracting aggregate: rows enter and leave
CREATE TABLE accounts (
  id BIGINT,
  owner STRING,
  branch STRING,
  balance DECIMAL(12, 2),
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/accounts.jsonl',
  'format' = 'debezium-json'
);

SELECT branch, COUNT(*) AS n FROM accounts GROUP BY branch HAVING COUNT(*) BETWEEN 2 AND 4;

--@ changelog/debezium-inner-join | id,owner,tier,since,balance
-- INNER join of two debezium tables (unique key on one side)
CREATE TABLE accounts (
  id BIGINT,
  owner STRING,
  branch STRING,
  balance DECIMAL(12, 2),
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/accounts.jsonl',
  'format' = 'debezium-json'
);

CREATE TABLE owners (
  owner STRING,
  tier STRING,
  since DATE,
  PRIMARY KEY (owner) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/owners.jsonl',
  'format' = 'debezium-json'
);

SELECT a.id, a.owner, o.tier, o.since, a.balance FROM accounts a JOIN owners o ON a.owner = o.owner;

--@ changelog/debezium-passthrough | id,owner,branch,balance
-- debezium-json c/u/d becomes +I, -U/+U, -D; final table = live rows
CREATE TABLE accounts (
  id BIGINT,
  owner STRING,
  branch STRING,
  balance DECIMAL(12, 2),
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/accounts.jsonl',
  'format' = 'debezium-json'
);

SELECT id, owner, branch, balance FROM accounts;

--@ changelog/first-last-value-retract | branch,lv,fv
-- FIRST_VALUE/LAST_VALUE/LISTAGG over a retracting source in arrival order
CREATE TABLE accounts (
  id BIGINT,
  owner STRING,
  branch STRING,
  balance DECIMAL(12, 2),
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/accounts.jsonl',
  'format' = 'debezium-json'
);

SELECT branch, LAST_VALUE(owner) AS lv, FIRST_VALUE(owner) AS fv FROM accounts GROUP BY branch;

--@ changelog/maxwell-agg | owner,n,s
-- maxwell-json source into a group aggregate
CREATE TABLE accounts (
  id BIGINT,
  owner STRING,
  branch STRING,
  balance DECIMAL(12, 2),
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/accounts.jsonl',
  'format' = 'maxwell-json'
);

SELECT owner, COUNT(*) AS n, SUM(balance) AS s FROM accounts GROUP BY owner;

--@ changelog/two-level-max | best,worst
-- MAX of SUM over a retracting source
CREATE TABLE accounts (
  id BIGINT,
  owner STRING,
  branch STRING,
  balance DECIMAL(12, 2),
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '/case/input/accounts.jsonl',
  'format' = 'debezium-json'
);

SELECT MAX(s) AS best, MIN(s) AS worst FROM (SELECT branch, SUM(balance) AS s FROM accounts GROUP BY branch);
