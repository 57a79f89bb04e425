-- Scripts that Flink 2.3 refuses before it runs them: kind of mistake, what it is about, and at which statement.

--@ duplicate-column | duplicate-column | a | 1
-- a DDL column twice
CREATE TABLE bad (a INT, a STRING) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT a FROM bad;

--@ empty-select-list | syntax | FROM | 2
-- SELECT FROM with nothing between
CREATE TABLE t (
  id INT, name STRING, v DOUBLE, ok BOOLEAN, d DATE, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT FROM t;

--@ group-by-alias | unknown-column | u | 2
-- a SELECT alias cannot be used in GROUP BY
CREATE TABLE t (
  id INT, name STRING, v DOUBLE, ok BOOLEAN, d DATE, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT UPPER(name) AS u, COUNT(*) AS n FROM t GROUP BY u;

--@ group-by-misuse | not-grouped | id | 2
-- a selected column that is neither grouped nor aggregated
CREATE TABLE t (
  id INT, name STRING, v DOUBLE, ok BOOLEAN, d DATE, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT name, id, COUNT(*) AS n FROM t GROUP BY name;

--@ implicit-int-varchar | type-mismatch | INTEGER and VARCHAR | 2
-- an INT column compared with a STRING column
CREATE TABLE t (
  id INT, name STRING, v DOUBLE, ok BOOLEAN, d DATE, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT id FROM t WHERE id = name;

--@ insert-arity | insert-arity | snk | 3
-- INSERT with a missing column
CREATE TABLE t (
  id INT, name STRING, v DOUBLE, ok BOOLEAN, d DATE, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
CREATE TABLE snk (id INT, name STRING) WITH ('connector'='filesystem','path'='/case/out','format'='json');
INSERT INTO snk SELECT id FROM t;
SELECT id FROM t;

--@ insert-type | insert-type | id | 3
-- INSERT with an incompatible column type
CREATE TABLE t (
  id INT, name STRING, v DOUBLE, ok BOOLEAN, d DATE, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
CREATE TABLE snk (id INT, name STRING) WITH ('connector'='filesystem','path'='/case/out','format'='json');
INSERT INTO snk SELECT ts, name FROM t;
SELECT id FROM t;

--@ join-without-condition-column | unknown-column | name | 3
-- USING names a column one side lacks
CREATE TABLE t (
  id INT, name STRING, v DOUBLE, ok BOOLEAN, d DATE, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
CREATE TABLE w (
  id INT, k STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
) WITH ('connector'='filesystem','path'='/case/input/w.jsonl','format'='json');
SELECT t.id FROM t JOIN w USING (name);

--@ nested-aggregate | aggregate-misuse | Aggregate expressions cannot be nested | 2
-- an aggregate inside an aggregate
CREATE TABLE t (
  id INT, name STRING, v DOUBLE, ok BOOLEAN, d DATE, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT SUM(COUNT(*)) AS s FROM t;

--@ order-by-unbounded | unsupported-sort | non-time-attribute | 2
-- ORDER BY a non-time column without LIMIT in streaming
CREATE TABLE t (
  id INT, name STRING, v DOUBLE, ok BOOLEAN, d DATE, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT id, name FROM t ORDER BY name;

--@ over-lead | unsupported-function | LEAD | 2
-- LEAD is not available in streaming mode
CREATE TABLE w (
  id INT, k STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
) WITH ('connector'='filesystem','path'='/case/input/w.jsonl','format'='json');
SELECT id, LEAD(id) OVER (PARTITION BY k ORDER BY ts) AS nx FROM w;

--@ over-order-by-non-time | no-time-attribute | time attribute | 2
-- OVER ordered by a column that is no time attribute
CREATE TABLE w (
  id INT, k STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
) WITH ('connector'='filesystem','path'='/case/input/w.jsonl','format'='json');
SELECT id, SUM(id) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s FROM w;

--@ over-two-specs | unsupported-over | Over Agg | 2
-- two different OVER windows in one SELECT
CREATE TABLE w (
  id INT, k STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
) WITH ('connector'='filesystem','path'='/case/input/w.jsonl','format'='json');
SELECT id, SUM(id) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS a, SUM(id) OVER (ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS b FROM w;

--@ syntax-double-quotes | syntax | " | 2
-- double quotes are not identifier quotes
CREATE TABLE t (
  id INT, name STRING, v DOUBLE, ok BOOLEAN, d DATE, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT "id" FROM t;

--@ syntax-keyword-typo | syntax | t | 2
-- FORM instead of FROM
CREATE TABLE t (
  id INT, name STRING, v DOUBLE, ok BOOLEAN, d DATE, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT id FORM t WHERE id > 1;

--@ syntax-missing-paren | syntax | AS | 2
-- a parenthesis is not closed
CREATE TABLE t (
  id INT, name STRING, v DOUBLE, ok BOOLEAN, d DATE, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT (id + 1 AS x FROM t;

--@ union-arity | set-op-arity | UNION ALL | 2
-- UNION ALL of different column counts
CREATE TABLE t (
  id INT, name STRING, v DOUBLE, ok BOOLEAN, d DATE, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT id FROM t UNION ALL SELECT id, name FROM t;

--@ unknown-format | unknown-format | yaml | 2
-- a format that is not there
CREATE TABLE bad (a INT) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='yaml');
SELECT a FROM bad;

--@ unknown-function | unknown-function | FROBNICATE | 2
-- a function that does not exist
CREATE TABLE t (
  id INT, name STRING, v DOUBLE, ok BOOLEAN, d DATE, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT FROBNICATE(name) AS f FROM t;

--@ window-without-watermark | no-time-attribute | time attribute | 2
-- TUMBLE on a plain TIMESTAMP column
CREATE TABLE t (
  id INT, name STRING, v DOUBLE, ok BOOLEAN, d DATE, ts TIMESTAMP(3)
) WITH ('connector'='filesystem','path'='/case/input/t.jsonl','format'='json');
SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
