// Where mistakes are shown: at the very word, expression or option, not at the statement. The place is marked in the script.
//
//   SELECT «custmer» FROM orders   ->   line 1, column 8, and carets under the seven letters

import { describe, expect, it } from 'vitest';
import { SabotError } from '../../lib/errors.js';
import { explainScript } from '../../lib/job/run-script.js';
import { parseScript } from '../../lib/sql/parser.js';
import { renderError } from '../../lib/sql/render-error.js';
import { parityCases } from '../parity/cases.js';
import { plan } from '../planner/planned.js';
import { readStatements } from './material.js';

const FILE = "'connector' = 'filesystem', 'path' = 'x', 'format' = 'json'";
const TABLES = `CREATE TABLE orders (
  id BIGINT, customer STRING, amount DECIMAL(10, 2), tags ARRAY<STRING>, note ROW<a INT>, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH (${FILE});
CREATE TABLE rates (
  customer STRING, rate INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, PRIMARY KEY (customer) NOT ENFORCED) WITH (${FILE});
CREATE TABLE clicks (customer STRING, n INT) WITH ('connector' = 'datagen');
CREATE TABLE totals (customer STRING, n BIGINT) WITH ('connector' = 'print');
CREATE TABLE report (customer STRING, n BIGINT NOT NULL) WITH (${FILE});
`;

const MISTAKES: Readonly<Record<string, readonly (readonly [marked: string, told: string])[]>> = {
  'what the engine cannot do yet': [
    ['SELECT * FROM orders o «LEFT JOIN» rates r ON o.customer = r.customer', 'this is a left join'],
    ['SELECT * FROM orders o «FULL OUTER JOIN» rates r ON o.customer = r.customer', 'this is a full join'],
    ['SELECT * FROM clicks NATURAL JOIN rates «RIGHT JOIN» orders USING (customer)', 'this is a right join'],
    [
      'SELECT * FROM (SELECT customer, COUNT(*) AS n FROM clicks GROUP BY customer) c\n  «JOIN» rates r ON c.customer = r.customer',
      'join of updating streams',
    ],
    [
      "SELECT * FROM orders o «LEFT JOIN» rates r ON o.customer = r.customer AND r.ts BETWEEN o.ts AND o.ts + INTERVAL '1' HOUR",
      'Only inner interval joins',
    ],
    ['SELECT id FROM orders WHERE id IN («SELECT id FROM orders»)', 'A subquery in this place'],
    ['SELECT id FROM orders WHERE EXISTS «(SELECT id FROM orders)»', 'A subquery in this place'],
    ['SELECT id, «(SELECT MAX(id) FROM orders)» AS m FROM orders', 'A subquery in this place'],
    [
      'SELECT * FROM orders o JOIN rates r ON o.customer = r.customer AND o.id > ALL («SELECT id FROM orders»)',
      'A subquery in this place',
    ],
    ['SELECT id FROM orders\n«INTERSECT» SELECT id FROM orders', 'INTERSECT is not supported yet'],
    ['SELECT id FROM orders «EXCEPT ALL» SELECT id FROM orders', 'EXCEPT is not supported yet'],
    ['SELECT id, «SUM(amount) OVER (ORDER BY ts)» AS s FROM orders', 'Aggregates over an OVER window'],
    ['SELECT id, «ROW_NUMBER() OVER (ORDER BY amount)» AS rn FROM orders', 'needs a bound'],
    [
      'SELECT * FROM (SELECT *, «RANK() OVER (PARTITION BY customer ORDER BY amount)» AS r FROM orders) WHERE r <= 3',
      'RANK() is not supported on a stream',
    ],
    [
      "SELECT * FROM (SELECT *, «RANK() OVER (PARTITION BY window_start, window_end ORDER BY amount)» AS r\n  FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' HOUR))) WHERE r <= 3",
      'not supported on Window TopN',
    ],
    [
      'SELECT * FROM (SELECT *, PROCTIME() AS pt FROM orders) AS o JOIN «rates FOR SYSTEM_TIME AS OF o.pt AS r» ON o.customer = r.customer',
      'Processing-time temporal join is not supported yet',
    ],
    [
      'SELECT * FROM orders AS o JOIN «clicks FOR SYSTEM_TIME AS OF o.ts AS r» ON o.customer = r.customer',
      'no row time attribute can be found',
    ],
    [
      'SELECT * FROM orders AS o JOIN «rates FOR SYSTEM_TIME AS OF o.ts AS r» ON o.id = r.rate',
      'no primary key can be found',
    ],
    [
      'SELECT * FROM clicks AS o JOIN rates FOR SYSTEM_TIME AS OF «o.n» AS r ON o.customer = r.customer',
      "left table's time attribute field",
    ],
    [
      'SELECT * FROM orders AS o «RIGHT JOIN» rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.customer = r.customer',
      'only supports INNER JOIN and LEFT JOIN',
    ],
    ['SELECT * FROM orders AS o, «LATERAL (SELECT rate FROM rates) AS r»', 'LATERAL (SELECT ...) is not supported yet'],
    [
      'SELECT * FROM «orders MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A B) DEFINE A AS A.id = 1) AS m»',
      'MATCH_RECOGNIZE is not supported yet',
    ],
    [
      'CREATE VIEW sums AS SELECT id, «SUM(amount) OVER (ORDER BY ts)» AS s FROM orders;\nSELECT * FROM sums',
      'Aggregates over an OVER window',
    ],
    [
      'SELECT * FROM (SELECT *, «ROW_NUMBER() OVER (PARTITION BY customer ORDER BY ts)» AS rn FROM orders) WHERE rn = 1',
      'first row of a key by time is not supported yet',
    ],
    [
      'SELECT customer, COUNT(*) AS c FROM clicks GROUP BY customer ORDER BY «c DESC» LIMIT 3',
      'Top-N over an updating query is not supported yet',
    ],
    [
      'SELECT customer, COUNT(*) AS c FROM clicks GROUP BY customer LIMIT «3»',
      'LIMIT over an updating query is not supported yet',
    ],
    [
      'SELECT * FROM (SELECT *, «ROW_NUMBER() OVER (ORDER BY c DESC)» AS rn FROM (\n  SELECT customer, COUNT(*) AS c FROM clicks GROUP BY customer)) WHERE rn <= 3',
      'Top-N over an updating query is not supported yet',
    ],
    ['SELECT * FROM orders «TABLESAMPLE SYSTEM(10)»', 'TABLESAMPLE is not supported'],
  ],
  options: [
    [
      "CREATE TABLE t (id INT) WITH (\n  'connector' = 'filesystem',\n  «'pth'» = 'x',\n  'format' = 'json');\nSELECT * FROM t",
      "Did you mean 'path'?",
    ],
    ["CREATE TABLE t (id INT) WITH ('connector' = 'filesystem', 'format' = 'json');\nSELECT * FROM «t»", 'is missing'],
    ['CREATE TABLE t (id INT);\nSELECT * FROM «t»', "has no option 'connector'"],
    ["CREATE TABLE t (id INT) WITH («'conector'» = 'print');\nSELECT * FROM t", "is 'conector' meant to be it?"],
    ["CREATE TABLE t (id INT) WITH ('connector' = «'filesytem'»);\nSELECT * FROM t", "did you mean 'filesystem'"],
    ["CREATE TABLE t (id INT) WITH ('connector' = «'jdbc'»);\nSELECT * FROM t", 'is not supported yet'],
    ["CREATE TABLE t (id INT) WITH (#FILE, 'json.ignore-parse-errors' = «'yes'»);\nSELECT * FROM t", 'wrong value'],
    [
      "CREATE TABLE t (id INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = «'jsn'»);\nSELECT * FROM t",
      "did you mean 'json'",
    ],
    [
      "CREATE TABLE t (id INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = «'orc'»);\nSELECT * FROM t",
      'Unknown format',
    ],
    [
      "CREATE TABLE t (id INT, n INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = «'raw'»);\nSELECT * FROM t",
      'single physical column',
    ],
    [
      "CREATE TABLE t (id INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = «'avro-confluent'», 'avro-confluent.url' = 'http://r');\nSELECT * FROM t",
      'files cannot hold it',
    ],
    [
      "CREATE TABLE t (id INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'csv', 'csv.field-delimiter' = «'||'»);\nSELECT * FROM t",
      'single ASCII character',
    ],
    ["CREATE TABLE t (id INT) WITH (#FILE, 'auto-compaction' = «'true'»);\nSELECT * FROM t", 'not supported yet'],
    [
      "CREATE TABLE t (id INT) WITH ('connector' = 'filesystem', 'path' = «'s3://bucket/x'», 'format' = 'json');\nSELECT * FROM t",
      "scheme 's3' is not supported",
    ],
    ["CREATE TABLE t (id INT) WITH ('connector' = 'datagen', 'rows-per-second' = «'many'»);\nSELECT * FROM t", 'whole'],
    [
      "CREATE TABLE t (id INT) WITH ('connector' = 'datagen', «'fields.ix.min'» = '1');\nSELECT * FROM t",
      "column 'ix'",
    ],
    [
      "CREATE TABLE t (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen', 'scan.watermark.idle-timeout' = «'soon'»);\nSELECT COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end",
      'expected a duration',
    ],
    ["CREATE TABLE t (id INT, «k STRING METADATA FROM 'kye'») WITH (#FILE);\nSELECT * FROM t", "no metadata 'kye'"],
    [
      'CREATE TABLE t (id INT, k STRING, l STRING) PARTITIONED BY («k, l») WITH (#FILE);\nSELECT * FROM t',
      'PARTITIONED',
    ],
    ["SELECT * FROM orders /*+ OPTIONS('path' = 'y', «'formt'» = 'csv') */", "Did you mean 'format'?"],
    ["SELECT * FROM orders /*+ OPTIONS('format' = «'xml'») */", 'Unknown format'],
    ["CREATE TABLE t WITH («'pth'» = 'y') LIKE orders;\nSELECT id FROM t", "Did you mean 'path'?"],
    ["ALTER TABLE orders SET ('json.fail-on-missing-field' = «'perhaps'»);\nSELECT id FROM orders", 'wrong value'],
    ["INSERT INTO totals /*+ OPTIONS('sink.parallelism' = «'0'») */ SELECT customer, id FROM orders", 'from 1 to'],
    [
      "INSERT INTO totals /*+ OPTIONS('sink.parallelism' = «'2'») */ SELECT customer, COUNT(*) FROM orders GROUP BY customer",
      'needs a PRIMARY KEY',
    ],
    [
      'INSERT INTO «report» SELECT customer, COUNT(*) FROM orders GROUP BY customer',
      "doesn't support consuming update changes",
    ],
    ["INSERT INTO «clicks» VALUES ('a', 1)", 'can only be read from'],
    ['SELECT * FROM orders JOIN «totals» ON TRUE', 'can only be written to'],
  ],
  settings: [
    ["SET 'table.exec.state.ttl' = «'abc'»", "expected a duration such as '200 ms'"],
    ["SET 'batch.max-rows' = «'0'»", 'expected a whole number above 0'],
    ["SET 'parallelism.default' =\n  «'two'»", 'expected a whole number from 1 to 32768'],
    ["SET 'table.exec.mini-batch.enabled' = «'yes'»", "expected 'true' or 'false'"],
    ["SET 'execution.checkpointing.mode' = «'TWICE'»", "expected 'EXACTLY_ONCE' or 'AT_LEAST_ONCE'"],
    ["SET 'memory.limit' = «'much'»", "expected a size such as '256 mb'"],
    ["SET 'execution.checkpointing.dir' = «'hdfs://x/y'»", 'in a local folder only'],
    ["SET 'table.local-time-zone' = «'Mars/Olympus'»", "expected a time zone such as 'Europe/Berlin'"],
  ],
  definitions: [
    ['CREATE TABLE t (id INT, «id» STRING)', "column named 'id' already exists"],
    ['CREATE TABLE t (id «INTT»)', 'Unknown data type'],
    ['CREATE TABLE t (id INT, PRIMARY KEY («ix») NOT ENFORCED)', "'ix' is not defined"],
    ['CREATE TABLE t (id INT, «PRIMARY KEY (id)»)', 'write NOT ENFORCED'],
    ['CREATE TABLE t (id INT, WATERMARK FOR «tx» AS tx)', "'tx' is not defined"],
    ['CREATE TABLE t (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS «id»)', 'must be a TIMESTAMP'],
    [
      'CREATE TABLE t (id INT, k STRING)\n  PARTITIONED BY (k, «l») WITH (#FILE)',
      "Partition column 'l' is not defined",
    ],
    ['CREATE TABLE t (id INT, twice AS «ix» * 2)', "'ix' not found"],
    ['CREATE TABLE t (id INT) LIKE «ordres»', "'ordres' of the LIKE clause not found"],
    ['CREATE TABLE «shop.t» (id INT)', "database with name 'shop' does not exist"],
    ['CREATE VIEW v («a, b») AS SELECT id FROM orders', '2 names, 1 columns'],
    ['CREATE VIEW «orders» AS SELECT rate FROM rates', "'orders' already exists"],
    ['ALTER TABLE orders RENAME TO «rates»', "'rates' already exists"],
    ['ALTER TABLE orders DROP «idd»', "'idd' does not exist"],
    ['DROP TABLE «ordres»', "did you mean 'orders'"],
    ['SHOW CREATE TABLE «ordres»', "did you mean 'orders'"],
    ['USE «shop»', "database with name 'shop' does not exist"],
    ['SELECT * FROM default_catalog.«shop».orders', "Object 'shop' not found"],
    [
      'CREATE TABLE t (ts TIMESTAMP(3), WATERMARK FOR ts AS «SOURCE_WATERMARK()») WITH (#FILE);\nSELECT * FROM t',
      'needs a connector with watermarks of its own',
    ],
  ],
  inserts: [
    ['INSERT INTO totals (customer, «m») SELECT customer, id FROM orders', "target column 'm'"],
    ['INSERT INTO totals «SELECT customer FROM orders»', 'Different number of columns'],
    ['INSERT INTO totals SELECT customer,\n  «tags» FROM orders', "sink column 'n' at position 2"],
    ["INSERT INTO totals VALUES ('a', «ARRAY[1]»)", "sink column 'n' at position 2"],
    ['INSERT INTO report («customer») SELECT customer FROM orders', 'NOT NULL but has no value'],
    ['INSERT INTO «totls» SELECT customer, id FROM orders', "did you mean 'totals'"],
  ],
  queries: [
    ['SELECT *\nFROM orders\nWHERE «idd» = 1', "did you mean 'id'"],
    ['WITH w («a, b») AS (SELECT id FROM orders) SELECT * FROM w', 'must match number of query columns'],
    ['SELECT id FROM orders «UNION ALL» SELECT id, ts FROM orders', 'Column count mismatch'],
    ['SELECT ts FROM orders «UNION ALL» SELECT id FROM orders', 'CAST one of them'],
    ['VALUES (1, 2), «(3)»', 'compatible types'],
    ["VALUES (1, TRUE), (2, «'x'»)", 'compatible types'],
    ['SELECT id FROM orders ORDER BY id OFFSET «3» ROWS', 'FETCH is missed'],
    ['SELECT id FROM orders ORDER BY «amount»', 'add a LIMIT'],
    ['SELECT id FROM orders ORDER BY «7» LIMIT 1', 'Ordinal out of range'],
    ['SELECT * FROM orders AS a JOIN rates AS «a» ON TRUE', "Duplicate relation name 'a'"],
    ['SELECT * FROM orders JOIN «orders» ON TRUE', "Duplicate relation name 'orders'"],
    ['SELECT * FROM orders «RIGHT JOIN» UNNEST(tags) AS t (tag) ON TRUE', 'RIGHT JOIN UNNEST is not supported'],
    ['SELECT * FROM orders CROSS JOIN UNNEST(«id») AS t (tag)', 'it takes an ARRAY'],
    ['SELECT customer, «id» FROM orders GROUP BY customer', 'add it to GROUP BY'],
    ['SELECT id FROM orders WHERE «SUM(amount)» > 1', 'illegal in WHERE'],
    ["SELECT «amount = '5'» FROM orders", 'write a CAST'],
    ['SELECT COALESCE(id, 1), UPPER(«NULL») FROM orders', "Illegal use of 'NULL'"],
    ['SELECT UPPER(customer) FILTER (WHERE «id > 1») FROM orders', 'FILTER must be applied to aggregate'],
    ['SELECT «UPPR»(customer) FROM orders', "did you mean 'UPPER'"],
    ['SELECT note.«b» FROM orders', "'note.b' not found"],
    ['SELECT SUM(amount) OVER (ORDER BY ts, «id») FROM orders', 'ordered by a single time column'],
    ['SELECT SUM(amount) OVER (ORDER BY «ts DESC») FROM orders', 'ASCENDING'],
    ['SELECT SUM(amount) OVER «w» FROM orders WINDOW v AS (ORDER BY ts)', "Window 'w' not found"],
  ],
  windows: [
    ["SELECT * FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(«tx»), INTERVAL '1' HOUR))", "identifier 'tx'"],
    ["SELECT * FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(«id»), INTERVAL '1' HOUR))", 'time attribute'],
    ["SELECT * FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), «'1 HOUR'»))", 'must be a literal interval'],
    [
      "SELECT * FROM TABLE(\n  HOP(TABLE orders, DESCRIPTOR(ts), «INTERVAL '2' MINUTE», INTERVAL '3' MINUTE))",
      'integral multiple of slide',
    ],
    [
      "SELECT * FROM TABLE(CUMULATE(TABLE orders, DESCRIPTOR(ts), «INTERVAL '7' MINUTE», INTERVAL '1' HOUR))",
      'integral multiple of step',
    ],
    ["SELECT COUNT(*) FROM orders GROUP BY TUMBLE(«id», INTERVAL '1' HOUR)", 'over a time attribute column'],
    [
      "SELECT «TUMBLE_START(ts, INTERVAL '2' HOUR)» FROM orders GROUP BY TUMBLE(ts, INTERVAL '1' HOUR)",
      'must have matching call',
    ],
  ],
};

interface Marked {
  readonly script: string;
  readonly start: number;
  readonly end: number;
}

/** The script without its marks, and where they stood. */
function unmarked(marked: string): Marked {
  const text = TABLES + marked.replaceAll('#FILE', FILE);
  const start = text.indexOf('«');
  const end = text.indexOf('»') - 1;
  return { script: text.replace('«', '').replace('»', ''), start, end };
}

async function refusal(script: string): Promise<SabotError> {
  try {
    await explainScript(script, () => {});
  } catch (error) {
    if (error instanceof SabotError) return error;
    throw error;
  }
  throw new Error(`accepted: ${script}`);
}

describe.each(Object.entries(MISTAKES))('%s', (_, mistakes) => {
  it.each(mistakes)('%s', async (marked, told) => {
    const { script, start, end } = unmarked(marked);
    const error = await refusal(script);
    expect(error.message.toLowerCase()).toContain(told.toLowerCase());
    const { span } = error;
    expect(script.slice(span?.start, span?.end)).toBe(script.slice(start, end));
    const before = script.slice(0, start).split('\n');
    expect(span).toMatchObject({ start, line: before.length, column: before.at(-1)!.length + 1 });
    const shown = renderError(script, error).split('\n').slice(-2);
    expect(shown[0]).toContain(script.slice(start, end).split('\n')[0]);
    expect(shown[1]).toMatch(/^ *\| *\^+$/);
  });
});

it('are more than sixty', () => expect(Object.values(MISTAKES).flat().length).toBeGreaterThan(60));

/** What analysing and planning a script throws, before the statement's own place is put in. */
function mistakeIn(script: string): SabotError | undefined {
  try {
    plan(script);
    return undefined;
  } catch (error) {
    if (error instanceof SabotError) return error;
    throw error;
  }
}

describe('no mistake lacks a place', () => {
  const scripts = [
    ...parityCases().map(({ name, script }) => [name, script]),
    ...['statements', 'micro'].flatMap((file) => readStatements(file).map(({ id, sql }) => [id, TABLES + sql])),
  ] as [string, string][];

  it.each(scripts)('%s', (_, script) => {
    const error = mistakeIn(script);
    if (error === undefined) return;
    expect(error.span, error.message).toBeDefined();
    if (error.code === 'SABOT_E_SYNTAX') return;
    // Only a statement that sabot does not have at all is to blame as a whole.
    const whole = parseScript(script).some(
      ({ span }) => span.start === error.span!.start && span.end === error.span!.end,
    );
    if (whole) expect(error.message).toMatch(/^[A-Z ]+ is not supported|^END without BEGIN/);
  });
});
