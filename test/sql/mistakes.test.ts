// Typical mistakes, and what a newcomer is told to do about each. Kinds and places are checked by refusals, syntax-errors and
// the parity cases; here it is the words.

import { describe, expect, it } from 'vitest';
import { SabotError } from '../../lib/errors.js';
import { explainScript } from '../../lib/job/run-script.js';
import { renderError } from '../../lib/sql/render-error.js';

const TABLES = `CREATE TABLE orders (
  id BIGINT, customer STRING, amount DECIMAL(10, 2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'orders.jsonl', 'format' = 'json');
CREATE TABLE totals (customer STRING, n BIGINT) WITH ('connector' = 'print');
`;

async function refusal(mistake: string): Promise<SabotError> {
  try {
    await explainScript(TABLES + mistake, () => {});
  } catch (error) {
    if (error instanceof SabotError) return error;
    throw error;
  }
  throw new Error(`accepted: ${mistake}`);
}

const MISTAKES: Readonly<Record<string, readonly (readonly [mistake: string, told: string])[]>> = {
  'misspelt keywords': [
    ['SELCT * FROM orders', 'did you mean SELECT'],
    ['SELECT * FORM orders', "did you mean FROM instead of 'FORM'?"],
    ['SELECT customer, COUNT(*) FROM orders GRUOP BY customer', 'did you mean GROUP'],
    ['SELECT customer FROM orders WEHRE amount > 1', 'did you mean WHERE'],
    ['INSERT INTO form VALEUS (1)', "did you mean VALUES instead of 'VALEUS'?"],
    ['CREATE TABEL t (id INT)', 'did you mean TABLE'],
    ['SHOW TABELS', 'did you mean TABLES'],
    ['SELECT customer FROM orders ORDER amount', 'expected BY'],
    ['INSERT totals SELECT customer, id FROM orders', 'expected INTO or OVERWRITE'],
    ["BEGIN STATEMENT SET; INSERT INTO totals VALUES ('a', 1)", 'BEGIN STATEMENT SET has no END; nothing'],
  ],
  'misspelt names': [
    ['SELECT custmer FROM orders', "did you mean 'customer'?"],
    ['SELECT CUSTOMER FROM orders', "did you mean 'customer'? Names are case-sensitive."],
    ['SELECT o.custmer FROM orders AS o', "not found in table 'o'; did you mean 'customer'?"],
    ['SELECT x.customer FROM orders AS o', "Table 'x' not found; did you mean 'o'?"],
    ['SELECT customer.name FROM orders', 'there is a column of this name, but a VARCHAR has no fields'],
    ['SELECT * FROM ordres', "did you mean 'orders'?"],
    ['DROP TABLE ordres', "did you mean 'orders'?"],
    ['DESCRIBE ordres', "did you mean 'orders'?"],
    ['CREATE TABLE shop.t (id INT)', "A database with name 'shop' does not exist"],
    ['SELECT UPER(customer) FROM orders', "did you mean 'UPPER'?"],
    ['SELECT MY_FUNCTION(customer) FROM orders', 'SHOW FUNCTIONS lists those that there are'],
    ['SELECT LEN(customer) FROM orders', 'write CHAR_LENGTH'],
    ["SELECT NVL(customer, 'x') FROM orders", 'write COALESCE'],
    ["SELECT * FROM TABLE(TUMBL(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' MINUTE))", "did you mean 'TUMBLE'?"],
    [
      'INSERT INTO totals (customer, m) SELECT customer, id FROM orders',
      "Unknown target column 'm'; did you mean 'n'?",
    ],
    ['CREATE TABLE orders (id INT)', "'orders' already exists; DROP it first, or write CREATE TABLE IF NOT EXISTS"],
  ],
  'reserved words as names': [
    ['SELECT order FROM orders', "'order' is a reserved word; quote it to use it as a name: `order`"],
    ['SELECT id AS value FROM orders', 'quote it to use it as a name: `value`'],
    ['CREATE TABLE t (user STRING)', 'quote it to use it as a name: `user`'],
    ['CREATE TABLE t (id INT, date DATE)', 'quote it to use it as a name: `date`'],
    ['SELECT id FROM default.orders', 'quote it to use it as a name: `default`'],
  ],
  'commas, quotes and parentheses': [
    ['SELECT customer, FROM orders', "expected an expression; the ',' before it is one too many"],
    ['SELECT customer amount ts FROM orders', "is a ',' missing before it?"],
    ['SELECT SUBSTR(customer 1, 2) FROM orders', "expected ',' or ')'; is a ',' missing before it?"],
    ["SELECT CONCAT(customer, 'a' FROM orders", "expected ',' or ')'; the '(' at line 6, column 14 is still open"],
    ['SELECT * FROM (SELECT customer FROM orders;', "the '(' at line 6, column 15 is still open"],
    ['CREATE TABLE t (id INT name STRING)', "is a ',' missing before it?"],
    ['CREATE TABLE t (id INT, name STRING,)', "expected a column's name; the ',' before it is one too many"],
    ["CREATE TABLE t (id INT WITH ('connector' = 'print')", "the '(' at line 6, column 16 is still open"],
    ['SELECT customer FROM orders WHERE customer = "abc"', 'a string stands in single quotes'],
    ["SELECT customer FROM orders WHERE customer = 'abc", "this string has no closing quote (')"],
    ['SELECT `customer FROM orders', 'no closing backquote'],
    ['SELECT id /* all FROM orders', 'this comment has no closing */'],
  ],
  options: [
    ["CREATE TABLE t (id INT) WITH (connector = 'print')", "expected an option's key in quotes ('key' = 'value')"],
    ["CREATE TABLE t (id INT) WITH ('a' = 'b' 'c' = 'd')", "is a ',' missing between two options?"],
    ['CREATE TABLE t (id INT); SELECT * FROM t', "Table 't' has no option 'connector'; add 'connector' = '...'"],
    ["CREATE TABLE t (id INT) WITH ('conector' = 'print'); SELECT * FROM t", "is 'conector' meant to be it?"],
    [
      "CREATE TABLE t (id INT) WITH ('connector' = 'filesytem'); SELECT * FROM t",
      "Unknown connector 'filesytem' of table 't'; did you mean 'filesystem'?",
    ],
    ["CREATE TABLE t (id INT) WITH ('connector' = 'jdbc'); SELECT * FROM t", 'is not supported yet'],
    [
      "CREATE TABLE t (id INT) WITH ('connector' = 'filesystem', 'format' = 'json'); SELECT * FROM t",
      "Option 'path' is missing. table 't' needs it",
    ],
    [
      "CREATE TABLE t (id INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'jsn'); SELECT * FROM t",
      "Unknown format 'jsn' of table 't'; did you mean 'json'?",
    ],
    ['SET parallelism.default = 2', "key and value stand in quotes: SET 'key' = 'value'"],
    ["SET 'parallelism.default' = 'two'; SELECT * FROM orders", 'expected a whole number from 1 to 32768'],
  ],
  'types and literals': [
    ['CREATE TABLE t (id INTT)', "Unknown data type 'INTT'; did you mean 'INT'?"],
    ['CREATE TABLE t (id TEXT)', 'write STRING'],
    ['CREATE TABLE t (id DATETIME)', 'there is no data type DATETIME; write TIMESTAMP(3)'],
    ['CREATE TABLE t (id DECIMAL(5, 9))', 'Decimal scale must be between 0 and the precision 5'],
    ['CREATE TABLE t (id DECIMAL(0))', 'Decimal precision must be between 1 and 38'],
    ['SELECT CAST(amount INT) FROM orders', "unexpected 'INT'; expected AS"],
    ['SELECT amount::INT FROM orders', 'a type is given by CAST(value AS type)'],
    ["SELECT * FROM orders WHERE ts > DATE '01/02/2024'", "Illegal DATE literal '01/02/2024'; write DATE '2024-01-31'"],
    ["SELECT ts + INTERVAL '5 MINUTE' FROM orders", "expected a unit, as in INTERVAL '5' MINUTE"],
    ["SELECT ts + INTERVAL '5' DAY TO MINUTE FROM orders", "write INTERVAL '1 02:03' DAY TO MINUTE"],
    ['SELECT 99999999999999999999', "out of range; for more digits than BIGINT has, write CAST('99999999999999999999'"],
    ['SELECT 1e400', 'a DOUBLE reaches to 1.7976931348623157E308'],
    ["ADD JAR 'x.jar'", 'there is no Java here'],
    ["UPDATE orders SET customer = 'a'", 'tables are changed by INSERT INTO'],
    ['SELECT [1, 2]', 'an array is written ARRAY[1, 2, 3]'],
    ["SELECT ARRAY[1, 'a']", 'must be of the same type; CAST those that differ'],
    ['SELECT customer FROM orders WHERE amount == 5', 'equality is a single ='],
    ["SELECT customer FROM orders WHERE amount = '5'", 'write a CAST'],
    ['SELECT ts + 5 FROM orders', "a duration is an interval: INTERVAL '5' SECOND"],
    ['SELECT ts - ts FROM orders', 'write TIMESTAMPDIFF(SECOND, earlier, later)'],
    ["SELECT customer + 'a' FROM orders", 'texts are joined by ||'],
    ['SELECT customer || 1 FROM orders', 'CAST the other side to STRING'],
    ["SELECT CASE WHEN amount > 1 THEN 'a' ELSE 1 END FROM orders", 'CHAR(1), INT; CAST the results to one type'],
    ["SELECT customer FROM orders WHERE customer IN ('a', 1)", 'compatible types: STRING, CHAR(1), INT'],
    ['SELECT customer FROM orders UNION ALL SELECT ts FROM orders', 'CAST one of them'],
  ],
  grouping: [
    ['SELECT customer, SUM(amount) FROM orders', 'add it to GROUP BY, or aggregate it: MAX(customer)'],
    ['SELECT customer AS c, SUM(amount) FROM orders GROUP BY c', 'it is an alias of the select list'],
    ['SELECT id, SUM(amount) AS s FROM orders GROUP BY id HAVING s > 1', 'it is an alias of the select list'],
    ['SELECT customer FROM orders WHERE SUM(amount) > 1', 'HAVING, after GROUP BY, can use it'],
    ['SELECT SUM(COUNT(*)) FROM orders', 'compute the aggregate in a subquery or a view first'],
    ['SELECT COUNT() FROM orders', 'rows are counted by COUNT(*)'],
    ['SELECT AVG(*) FROM orders', 'only COUNT takes *'],
    ['SELECT id FROM orders a JOIN orders b ON a.id = b.id', 'write a.id or b.id'],
  ],
  'time and windows': [
    ['CREATE TABLE t (ts STRING, WATERMARK FOR ts AS ts)', 'declare a column event_time AS TO_TIMESTAMP(ts)'],
    ['CREATE TABLE t (ms BIGINT, WATERMARK FOR ms AS ms)', 'event_time AS TO_TIMESTAMP_LTZ(ms, 3) if it counts'],
    ["SELECT * FROM TABLE(TUMBLE(orders, DESCRIPTOR(ts), INTERVAL '1' MINUTE))", 'TUMBLE takes a table first: TABLE t'],
    ["SELECT * FROM TABLE(TUMBLE(TABLE orders, ts, INTERVAL '1' MINUTE))", 'takes DESCRIPTOR(time column) second'],
    ["SELECT * FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), '1 MINUTE'))", 'must be a literal interval'],
    ["SELECT * FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(id), INTERVAL '1' MINUTE))", "declare a WATERMARK for 'id'"],
    ['SELECT * FROM orders ORDER BY amount', 'add a LIMIT, or sort by a time attribute'],
    ['SELECT TOP 10 * FROM orders', 'the first rows are taken at the end of the query: LIMIT 10'],
    ['SELECT DISTINCT ON (id) * FROM orders', 'WHERE rn = 1 around it'],
  ],
};

describe.each(Object.entries(MISTAKES))('%s', (_, mistakes) => {
  it.each(mistakes)('%s', async (mistake, told) => {
    const error = await refusal(mistake);
    expect(error.message).toContain(told);
    expect(error.span).toBeDefined();
    expect(renderError(TABLES + mistake, error)).toMatch(
      /^error: Line \d+, column \d+: [\s\S]*\n *\|\n\d+ \| .*\n *\| *\^+$/,
    );
  });
});
