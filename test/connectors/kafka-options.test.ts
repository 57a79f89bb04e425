// Tables in Kafka: what their options become for native, and what is refused. No broker.

import { describe, expect, it } from 'vitest';
import type { SabotError } from '../../lib/errors.js';
import { count, file, Job, type KafkaSourceOptions, kafka, t } from '../../lib/index.js';
import { explainScript, runScript } from '../../lib/job/run-script.js';
import { Planned, plan } from '../planner/planned.js';

const COLUMNS = 'id INT, name STRING, v DOUBLE';
const SERVERS = { connector: 'kafka', 'properties.bootstrap.servers': 'b:9092' };
const TOPIC = { ...SERVERS, topic: 't', format: 'json' };
const UPSERT = {
  ...SERVERS,
  connector: 'upsert-kafka',
  topic: 't',
  'key.format': 'json',
  'value.format': 'json',
};
const KEYED_COLUMNS = 'id INT, name STRING, v DOUBLE, PRIMARY KEY (id) NOT ENFORCED';

type Options = Readonly<Record<string, string>>;

const create = (options: Options, columns = COLUMNS) =>
  `CREATE TABLE t (${columns}) WITH (${Object.entries(options)
    .map(([key, value]) => `'${key}' = '${value.replaceAll("'", "''")}'`)
    .join(', ')});\n`;

const SELECT = 'SELECT id, name, v FROM t;';
const INSERT = "INSERT INTO t SELECT * FROM (VALUES (1, 'a', CAST(2 AS DOUBLE))) AS s (id, name, v);";

const sourceOf = (options: Options, { columns = COLUMNS, query = SELECT } = {}) =>
  new Planned(create(options, columns) + query).node('kafka_source').config;
const sinkOf = (options: Options, { columns = COLUMNS, insert = INSERT } = {}) =>
  new Planned(create(options, columns) + insert).node('kafka_sink').config;

function errorOf(script: string): Pick<SabotError, 'kind' | 'identifier' | 'message'> {
  try {
    plan(script);
  } catch (error) {
    const { kind, identifier, message } = error as SabotError;
    return { kind, identifier, message };
  }
  throw new Error('it was planned');
}

describe('a topic as a source', () => {
  it('is read from the group’s offsets, for ever, with a group of its own', () => {
    const config = sourceOf(TOPIC);
    expect(config).toMatchObject({
      topics: ['t'],
      properties: { 'bootstrap.servers': 'b:9092', 'group.id': 'KafkaSource-default_catalog.default_database.t' },
      startup: { mode: 'group-offsets', reset: 'none' },
      bounded: { mode: 'unbounded' },
      discoveryIntervalMs: 300_000,
      format: 'json',
      formatOptions: {},
      metadata: [],
      upsert: false,
    });
    expect(config['columns']).toMatchObject([{ name: 'id' }, { name: 'name' }, { name: 'v' }]);
    expect(config['keyFormat']).toBeUndefined();
  });

  it('has several topics, or those that a pattern matches', () => {
    expect(sourceOf({ ...TOPIC, topic: 'a; b' })).toMatchObject({ topics: ['a', 'b'] });
    const { topic: _, ...rest } = TOPIC;
    expect(sourceOf({ ...rest, 'topic-pattern': 'bids-.*' })).toMatchObject({ topicPattern: 'bids-.*' });
  });

  it.each([
    [{ mode: 'earliest-offset' }, { mode: 'earliest' }],
    [{ mode: 'latest-offset' }, { mode: 'latest' }],
    [
      { mode: 'timestamp', 'timestamp-millis': '5' },
      { mode: 'timestamp', timestampMs: 5 },
    ],
    [
      { mode: 'specific-offsets', 'specific-offsets': 'partition:0,offset:42;partition:1,offset:300' },
      {
        mode: 'specific-offsets',
        offsets: [
          { partition: 0, offset: 42 },
          { partition: 1, offset: 300 },
        ],
      },
    ],
  ])('begins at %j and may end there', (given, expected) => {
    const at = (side: string) => Object.fromEntries(Object.entries(given).map(([k, v]) => [`scan.${side}.${k}`, v]));
    expect(sourceOf({ ...TOPIC, ...at('startup') })['startup']).toEqual(expected);
    if (given.mode === 'earliest-offset') return;
    expect(sourceOf({ ...TOPIC, ...at('bounded') })).toMatchObject({ bounded: expected, discoveryIntervalMs: 0 });
  });

  it('says where a partition begins that the group has no offset for', () => {
    const startup = (reset: string) => sourceOf({ ...TOPIC, 'properties.auto.offset.reset': reset })['startup'];
    expect(startup('EARLIEST')).toEqual({ mode: 'group-offsets', reset: 'earliest' });
  });

  it('decodes what is used only, and takes a column from the key if it is nowhere else', () => {
    const keyed = { ...TOPIC, 'key.format': 'csv', 'key.fields': 'id;name', 'csv.field-delimiter': '|' };
    expect(errorOf(create(keyed) + SELECT)).toMatchObject({ kind: 'unknown-option' });
    const { 'csv.field-delimiter': delimiter, ...rest } = keyed;
    const options = { ...rest, 'key.csv.field-delimiter': delimiter };
    const query = 'SELECT v, id FROM t;';
    // In the value too.
    expect(sourceOf(options, { query })).not.toHaveProperty('keyFormat');
    const except = sourceOf({ ...options, 'value.fields-include': 'EXCEPT_KEY' }, { query });
    expect(except).toMatchObject({
      columns: [{ name: 'v' }],
      keyFormat: 'csv',
      keyFormatOptions: { 'csv.field-delimiter': '|' },
      keyColumns: [{ name: 'id' }],
      keyFileColumns: [{ name: 'id' }, { name: 'name' }],
      output: [
        { from: 'key', index: 0 },
        { from: 'value', index: 0 },
      ],
    });
  });

  it('takes the prefix off the names of the key’s columns', () => {
    const config = sourceOf(
      {
        ...TOPIC,
        'key.format': 'json',
        'key.fields': 'k_id',
        'key.fields-prefix': 'k_',
        'value.fields-include': 'EXCEPT_KEY',
      },
      { columns: 'k_id INT, id INT', query: 'SELECT k_id, id FROM t;' },
    );
    expect(config).toMatchObject({ keyColumns: [{ name: 'id' }], columns: [{ name: 'id' }] });
  });

  it('gives metadata, cast to the type of the column', () => {
    const script = `${create(
      TOPIC,
      "id INT, p BIGINT METADATA FROM 'partition' VIRTUAL, written TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', headers MAP<STRING, BYTES> METADATA",
    )}SELECT headers, p, written, id FROM t;`;
    const planned = new Planned(script);
    expect(planned.node('kafka_source').config).toMatchObject({
      columns: [{ name: 'id' }],
      metadata: [
        { name: 'p', key: 'partition', type: { kind: 'INTEGER' } },
        { name: 'written', key: 'timestamp', type: { kind: 'TIMESTAMP_LTZ' } },
        { name: 'headers', key: 'headers', type: { kind: 'MAP' } },
      ],
      output: [{ from: 'value' }, { from: 'metadata', index: 0 }, { from: 'metadata', index: 1 }, { from: 'metadata' }],
    });
    expect(JSON.stringify(planned.all('project').map(({ config }) => config))).toContain('"call":"cast"');
  });

  it('takes the format’s options with the prefix of the option that names it', () => {
    const { format: _, ...rest } = TOPIC;
    const options = { ...rest, 'value.format': 'json', 'value.json.ignore-parse-errors': 'true' };
    expect(sourceOf(options)).toMatchObject({ format: 'json', formatOptions: { 'json.ignore-parse-errors': true } });
  });

  it('has a parallelism of its own', () => {
    const planned = new Planned(create({ ...TOPIC, 'scan.parallelism': '3' }) + SELECT);
    expect(planned.node('kafka_source').parallelism).toBe(3);
  });
});

describe('a topic as a sink', () => {
  it('gets whole rows at least once', () => {
    expect(sinkOf(TOPIC)).toMatchObject({
      topic: 't',
      properties: { 'bootstrap.servers': 'b:9092' },
      format: 'json',
      valueColumns: [0, 1, 2],
      metadata: [],
      partitioner: 'default',
      deliveryGuarantee: 'at-least-once',
      upsert: false,
    });
  });

  it('gets a key, and metadata that is written', () => {
    const columns =
      "written TIMESTAMP(3) METADATA FROM 'timestamp', id INT, k_name STRING, headers MAP<STRING, BYTES> METADATA";
    const options = {
      ...TOPIC,
      'key.format': 'json',
      'key.fields': 'k_name',
      'key.fields-prefix': 'k_',
      'value.fields-include': 'EXCEPT_KEY',
      'sink.delivery-guarantee': 'exactly-once',
      'sink.transactional-id-prefix': 'job-',
      'sink.partitioner': 'fixed',
    };
    const insert = "INSERT INTO t VALUES (TIMESTAMP '2024-01-01 00:00:00', 1, 'a', MAP['h', X'01']);";
    const planned = new Planned(create(options, columns) + insert);
    expect(planned.node('kafka_sink').config).toMatchObject({
      valueColumns: [1],
      keyFormat: 'json',
      keyColumns: [2],
      keyNames: ['name'],
      metadata: [
        { key: 'timestamp', index: 0 },
        { key: 'headers', index: 3 },
      ],
      partitioner: 'fixed',
      deliveryGuarantee: 'exactly-once',
      transactionalIdPrefix: 'job-',
    });
    // A TIMESTAMP is one of the session's zone.
    const input = planned.encoded.nodes.find(({ id }) => id === planned.node('kafka_sink').inputs[0]!.node)!;
    expect(input.schema[0]).toMatchObject({ name: 'written', type: { kind: 'TIMESTAMP_LTZ', precision: 3 } });
  });

  it('takes no updates, but with a key it takes them without -U', () => {
    const insert = 'INSERT INTO t SELECT id, MAX(name), SUM(v) FROM s GROUP BY id;';
    const input = create({ connector: 'datagen' }).replace('TABLE t', 'TABLE s');
    expect(errorOf(input + create(TOPIC) + insert)).toMatchObject({ kind: 'unsupported-changelog' });
    const planned = new Planned(input + create(UPSERT, KEYED_COLUMNS) + insert);
    expect(planned.node('kafka_sink').config).toMatchObject({
      upsert: true,
      keyColumns: [0],
      keyNames: ['id'],
      valueColumns: [0, 1, 2],
    });
    expect(planned.node('group_aggregate').config).toMatchObject({ emitUpdateBefore: false });
  });

  it('says which of its options have no effect', () => {
    const { warnings } = plan(create({ ...TOPIC, 'sink.semantic': 'none', 'properties.max.block.ms': '5' }) + INSERT);
    expect(warnings).toEqual([
      "Option 'properties.max.block.ms' of table 't' has no effect: it configures the Java client.",
      "Option 'sink.semantic' is deprecated: use 'sink.delivery-guarantee'.",
    ]);
    expect(sinkOf({ ...TOPIC, 'sink.semantic': 'none' })).toMatchObject({ deliveryGuarantee: 'none' });
  });

  it('says so of an option that another one overrules', () => {
    const warningsOf = (options: Options, query: string) => plan(create({ ...TOPIC, ...options }) + query).warnings;
    expect(
      warningsOf(
        { 'scan.startup.timestamp-millis': '5', 'scan.bounded.specific-offsets': 'partition:0,offset:1' },
        SELECT,
      ),
    ).toEqual([
      "Option 'scan.startup.timestamp-millis' of table 't' has no effect: 'scan.startup.mode' is 'group-offsets'.",
      "Option 'scan.bounded.specific-offsets' of table 't' has no effect: 'scan.bounded.mode' is 'unbounded'.",
    ]);
    const twice = ["Option 'value.format' of table 't' has no effect: 'format' is 'json'."];
    expect(warningsOf({ 'value.format': 'csv' }, SELECT)).toEqual(twice);
    expect(warningsOf({ 'value.format': 'csv' }, INSERT)).toEqual(twice);
    expect(warningsOf({ 'sink.transaction-naming-strategy': 'POOLING' }, INSERT)).toEqual([
      "Option 'sink.transaction-naming-strategy' of table 't' has no effect: the job names its transactions.",
    ]);
    expect(warningsOf({ 'scan.watermark.idle-timeout': '5 s' }, SELECT)).toEqual([
      "Option 'scan.watermark.idle-timeout' of table 't' has no effect: the table has no WATERMARK.",
    ]);
  });

  it('says so in EXPLAIN too', async () => {
    const warnings: string[] = [];
    const script = `${create({ ...TOPIC, 'properties.max.poll.records': '5' })}EXPLAIN ${SELECT} ${SELECT}`;
    await explainScript(script, (warning) => warnings.push(warning));
    expect(warnings).toEqual(
      Array(2).fill(
        "Option 'properties.max.poll.records' of table 't' has no effect: batches are cut by 'batch.max-rows' and 'batch.max-delay'.",
      ),
    );
  });
});

describe('properties', () => {
  const properties = (given: Options) => {
    const options = Object.fromEntries(Object.entries(given).map(([key, value]) => [`properties.${key}`, value]));
    return sourceOf({ ...TOPIC, 'properties.group.id': 'g', ...options })['properties'];
  };
  const base = { 'bootstrap.servers': 'b:9092', 'group.id': 'g' };

  it.each<[string, Options, Options]>([
    ['a name of its own', { 'fetch.max.wait.ms': '5' }, { 'fetch.wait.max.ms': '5' }],
    ['what librdkafka alone has', { 'statistics.interval.ms': '5' }, { 'statistics.interval.ms': '5' }],
    ['what a producer has', { acks: 'all', 'linger.ms': '5' }, {}],
    ['what is the job’s', { 'enable.auto.commit': 'true', 'max.poll.records': '5' }, {}],
    [
      'a login with a password',
      {
        'security.protocol': 'SASL_SSL',
        'sasl.mechanism': 'SCRAM-SHA-512',
        'sasl.jaas.config':
          'org.apache.kafka.common.security.scram.ScramLoginModule required username="al\\"ice" password="s=\'x";',
      },
      {
        'security.protocol': 'SASL_SSL',
        'sasl.mechanism': 'SCRAM-SHA-512',
        'sasl.username': 'al"ice',
        'sasl.password': "s='x",
      },
    ],
    [
      'quotes as Flink’s documentation escapes them',
      { 'sasl.jaas.config': 'PlainLoginModule required username=\\"alice\\" password=\\"a b\\";' },
      { 'sasl.username': 'alice', 'sasl.password': 'a b' },
    ],
    [
      'what Java’s client alone has',
      { 'partitioner.adaptive.partitioning.enable': 'false', 'sasl.login.refresh.window.factor': '0.8' },
      {},
    ],
    [
      'certificates in PEM files',
      { 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': '/ca', 'ssl.keystore.location': '/me.pem' },
      { 'ssl.ca.location': '/ca', 'ssl.key.location': '/me.pem', 'ssl.certificate.location': '/me.pem' },
    ],
    [
      'certificates as text',
      {
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.certificates': 'CA',
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.certificate.chain': 'ME',
        'ssl.keystore.key': 'KEY',
      },
      { 'ssl.ca.pem': 'CA', 'ssl.certificate.pem': 'ME', 'ssl.key.pem': 'KEY' },
    ],
    [
      'a key in PKCS12, host names unchecked',
      {
        'ssl.keystore.location': 'me.p12',
        'ssl.keystore.password': 'x',
        'ssl.endpoint.identification.algorithm': '',
      },
      {
        'ssl.keystore.location': 'me.p12',
        'ssl.keystore.password': 'x',
        'ssl.endpoint.identification.algorithm': 'none',
      },
    ],
  ])('of Java’s client become librdkafka’s: %s', (_, given, expected) => {
    expect(properties(given)).toEqual({ ...base, ...expected });
  });

  it('that are secrets are not shown', async () => {
    const jaas = 'PlainLoginModule required username="alice" password="hush";';
    const options = { ...TOPIC, 'properties.sasl.jaas.config': jaas, 'properties.ssl.key.password': 'hush' };
    const texts: string[] = [];
    const none = async () => {};
    const output = { query: none, rows: none, text: (text: string) => texts.push(text), warning: () => {} };
    await runScript(`${create(options)}EXPLAIN JSON_EXECUTION_PLAN ${SELECT}`, output);
    expect(texts.join()).toContain('"sasl.username": "alice"');
    expect(texts.join()).not.toContain('hush');
  });

  it('of a producer go to sinks', () => {
    const config = sinkOf({ ...TOPIC, 'properties.group.id': 'g', 'properties.buffer.memory': '1048576' });
    expect(config['properties']).toEqual({ 'bootstrap.servers': 'b:9092', 'queue.buffering.max.kbytes': '1024' });
  });
});

describe('refused', () => {
  const without = (options: Options, key: string) =>
    Object.fromEntries(Object.entries(options).filter(([name]) => name !== key));

  it.each<[string, Options, string, string, RegExp]>([
    [
      'a property that no client has',
      { ...TOPIC, 'properties.fetch.min.bites': '1' },
      'unknown-option',
      'properties.fetch.min.bites',
      /no Kafka client has a property 'fetch.min.bites'. Did you mean 'properties.fetch.min.bytes'\?/,
    ],
    [
      'no brokers',
      without(TOPIC, 'properties.bootstrap.servers'),
      'missing-option',
      'properties.bootstrap.servers',
      /./,
    ],
    ['no topic', without(TOPIC, 'topic'), 'missing-option', 'topic', /Either 'topic' or 'topic-pattern' must be set/],
    [
      'two ways to name topics',
      { ...TOPIC, 'topic-pattern': 'x' },
      'invalid-option',
      'topic-pattern',
      /shouldn't be set/,
    ],
    ['no format', without(TOPIC, 'format'), 'missing-option', 'format', /./],
    [
      'an option that is nearly right',
      { ...TOPIC, 'scan.startup.mod': 'x' },
      'unknown-option',
      'scan.startup.mod',
      /Did you mean 'scan.startup.mode'/,
    ],
    [
      'no time to begin at',
      { ...TOPIC, 'scan.startup.mode': 'timestamp' },
      'missing-option',
      'scan.startup.timestamp-millis',
      /'scan.startup.timestamp-millis' is required in 'timestamp' startup mode but missing/,
    ],
    [
      'a time before all times',
      { ...TOPIC, 'scan.startup.mode': 'timestamp', 'scan.startup.timestamp-millis': '-5' },
      'invalid-option',
      'scan.startup.timestamp-millis',
      /cannot be negative, as -5 is/,
    ],
    [
      'no offsets to end at',
      { ...TOPIC, 'scan.bounded.mode': 'specific-offsets' },
      'missing-option',
      'scan.bounded.specific-offsets',
      /is required in 'specific-offsets' bounded mode/,
    ],
    [
      'offsets that are none',
      { ...TOPIC, 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': 'partition:0;offset:1' },
      'invalid-option',
      'scan.startup.specific-offsets',
      /should follow the format 'partition:0,offset:42;partition:1,offset:300', but is 'partition:0;offset:1'/,
    ],
    [
      'offsets of several topics',
      {
        ...TOPIC,
        topic: 'a;b',
        'scan.startup.mode': 'specific-offsets',
        'scan.startup.specific-offsets': 'partition:0,offset:1',
      },
      'invalid-option',
      'scan.startup.specific-offsets',
      /only supports specific offset for single topic/,
    ],
    [
      'a reset that is none',
      { ...TOPIC, 'properties.auto.offset.reset': 'begin' },
      'invalid-option',
      'properties.auto.offset.reset',
      /can not be set to begin. Valid values: \[earliest,latest,none\]/,
    ],
    [
      'key fields without a format',
      { ...TOPIC, 'key.fields': 'id' },
      'invalid-option',
      'key.fields',
      /using 'key.format'/,
    ],
    ['a key format without fields', { ...TOPIC, 'key.format': 'json' }, 'missing-option', 'key.fields', /requires/],
    [
      'a key field that is no column',
      { ...TOPIC, 'key.format': 'json', 'key.fields': 'idd' },
      'invalid-option',
      'key.fields',
      /Could not find the field 'idd' in the table schema.*\[id, name, v\]/s,
    ],
    [
      'a prefix where the value has all fields',
      { ...TOPIC, 'key.format': 'json', 'key.fields': 'id', 'key.fields-prefix': 'i' },
      'invalid-option',
      'key.fields-prefix',
      /A key prefix is not allowed when option 'value.fields-include' is set to 'ALL'/,
    ],
    [
      'a JKS store',
      { ...TOPIC, 'properties.ssl.truststore.location': '/t.jks' },
      'unsupported-option',
      'properties.ssl.truststore.location',
      /keytool -list -rfc/,
    ],
    [
      'a class of Java’s',
      { ...TOPIC, 'properties.sasl.login.callback.handler.class': 'org.example.Handler' },
      'unsupported-option',
      'properties.sasl.login.callback.handler.class',
      /names a Java class, 'org.example.Handler', which cannot run here/,
    ],
    [
      'an option of the other connector',
      { ...TOPIC, 'sink.buffer-flush.max-rows': '5' },
      'unknown-option',
      'sink.buffer-flush.max-rows',
      /Unknown option 'sink.buffer-flush.max-rows' of table 't': only 'upsert-kafka' has it\./,
    ],
    [
      'a key that tells changes',
      { ...TOPIC, 'key.format': 'debezium-json', 'key.fields': 'id' },
      'invalid-option',
      'key.format',
      /A key format should only deal with INSERT-only records. But debezium-json has a changelog mode of/,
    ],
    [
      'a login that cannot be read',
      { ...TOPIC, 'properties.sasl.jaas.config': 'username=x' },
      'invalid-option',
      'properties.sasl.jaas.config',
      /must name a login module/,
    ],
  ])('%s', (_, options, kind, identifier, message) => {
    expect(errorOf(create(options) + SELECT)).toEqual({ kind, identifier, message: expect.stringMatching(message) });
  });

  it.each<[string, Options, string, string, RegExp]>([
    [
      'several topics to write to, and rows that do not say to which',
      { ...TOPIC, topic: 'a;b' },
      'missing-topic',
      'topic',
      /Expected a single topic but no topic is set: table 't' names several/,
    ],
    [
      'exactly once without a prefix',
      { ...TOPIC, 'sink.delivery-guarantee': 'exactly-once' },
      'missing-option',
      'sink.transactional-id-prefix',
      /must be specified when using DeliveryGuarantee.EXACTLY_ONCE/,
    ],
    [
      'exactly once with an empty prefix',
      { ...TOPIC, 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': '' },
      'missing-option',
      'sink.transactional-id-prefix',
      /must be specified when using DeliveryGuarantee.EXACTLY_ONCE/,
    ],
    [
      'keys in turns',
      { ...TOPIC, 'sink.partitioner': 'round-robin', 'key.format': 'json', 'key.fields': 'id' },
      'invalid-option',
      'sink.partitioner',
      /only works when option 'key.fields' is not specified/,
    ],
    [
      'a class',
      { ...TOPIC, 'sink.partitioner': 'org.example.P' },
      'unsupported-option',
      'sink.partitioner',
      /Java class/,
    ],
  ])('%s', (_, options, kind, identifier, message) => {
    expect(errorOf(create(options) + INSERT)).toEqual({ kind, identifier, message: expect.stringMatching(message) });
  });

  it.each<[string, Options, string, string, RegExp]>([
    [
      'a beginning',
      { 'scan.startup.mode': 'latest-offset' },
      'unknown-option',
      'scan.startup.mode',
      /of table 't': 'upsert-kafka' is read from the earliest offset\./,
    ],
    ['fields of the key', { 'key.fields': 'id' }, 'unknown-option', 'key.fields', /its key is the PRIMARY KEY\./],
    ['a partitioner', { 'sink.partitioner': 'fixed' }, 'unknown-option', 'sink.partitioner', /by the key's hash\./],
    ['one format', { format: 'json' }, 'unknown-option', 'format', /say 'value.format'\./],
    [
      'an option of the format without its prefix',
      { 'json.ignore-parse-errors': 'true' },
      'unknown-option',
      'json.ignore-parse-errors',
      /Did you mean 'value.json.ignore-parse-errors'\?/,
    ],
    [
      'a value that tells changes',
      { 'value.format': 'canal-json' },
      'invalid-option',
      'value.format',
      /'upsert-kafka' connector doesn't support 'canal-json' as value format, because 'canal-json' is not in insert-only mode\./,
    ],
    [
      'a key that tells changes',
      { 'key.format': 'canal-json' },
      'invalid-option',
      'key.format',
      /'upsert-kafka' connector doesn't support 'canal-json' as key format, because 'canal-json' is not in insert-only mode\./,
    ],
  ])('of a table of newest rows: %s', (_, options, kind, identifier, message) => {
    for (const query of [SELECT, INSERT]) {
      const error = errorOf(create({ ...UPSERT, ...options }, KEYED_COLUMNS) + query);
      expect(error).toEqual({ kind, identifier, message: expect.stringMatching(message) });
    }
  });

  it('a PRIMARY KEY that nothing keeps, and none where one is needed', () => {
    expect(errorOf(create(TOPIC, KEYED_COLUMNS) + SELECT)).toMatchObject({
      kind: 'primary-key',
      message: expect.stringContaining(
        "The Kafka table 'default_catalog.default_database.t' with 'json' format doesn't support defining PRIMARY KEY",
      ),
    });
    expect(errorOf(create(UPSERT) + INSERT)).toMatchObject({
      kind: 'missing-primary-key',
      message: expect.stringContaining("'upsert-kafka' tables require to define a PRIMARY KEY constraint."),
    });
  });

  it.each([
    ['x INT METADATA VIRTUAL', 'unknown-metadata', 'x', /has no metadata 'x'/],
    [
      "p DATE METADATA FROM 'partition' VIRTUAL",
      'metadata-type',
      'partition',
      /must be castable from metadata type 'INT NOT NULL'/,
    ],
  ])('metadata: %s', (column, kind, identifier, message) => {
    const error = errorOf(`${create(TOPIC, `id INT, ${column}`)}SELECT * FROM t;`);
    expect(error).toEqual({ kind, identifier, message: expect.stringMatching(message) });
  });

  it('metadata that cannot be written, unless it is VIRTUAL', () => {
    const columns = (virtual: string) => `id INT, \`offset\` BIGINT METADATA${virtual}`;
    expect(errorOf(`${create(TOPIC, columns(''))}INSERT INTO t VALUES (1, 2);`)).toMatchObject({
      kind: 'unknown-metadata',
      message: expect.stringContaining("declare column 'offset' VIRTUAL"),
    });
    expect(sinkOf(TOPIC, { columns: columns(' VIRTUAL'), insert: 'INSERT INTO t VALUES (1);' })).toMatchObject({
      valueColumns: [0],
    });
  });

  it('buffering of one kind only', () => {
    const options = { ...UPSERT, 'sink.buffer-flush.max-rows': '5' };
    expect(errorOf(create(options, KEYED_COLUMNS) + INSERT)).toMatchObject({
      kind: 'invalid-option',
      identifier: 'sink.buffer-flush.interval',
    });
  });
});

describe('kafka() of the Stream API', () => {
  const Bid = t.row({ id: t.int(), at: t.timestamp(3) });
  const explained = (source: KafkaSourceOptions<'id' | 'at'>) => {
    const job = new Job('test');
    job.source(kafka({ ...source, schema: Bid })).to(kafka.sink({ brokers: 'b:9092', topic: 'out', format: 'json' }));
    return job.explain();
  };

  it('is the connector of SQL', () => {
    const text = explained({ brokers: ['a:1', 'b:2'], topic: 'bids', format: 'json' });
    expect(text).toContain('kafka_sink out: to out');
    expect(text).toContain('kafka_source bids: id, at from bids');
  });

  it('takes a start, an end, a key and metadata', () => {
    const { table } = kafka({
      brokers: ['a:1', 'b:2'],
      topic: ['x', 'y'],
      group: 'g',
      format: 'json',
      key: { format: 'json', fields: ['id'], onlyInKey: true },
      from: { timestamp: new Date(5) },
      until: 'latest',
      metadata: { at: 'timestamp' },
      properties: { 'security.protocol': 'SSL' },
      schema: Bid,
    });
    expect(table.options).toEqual({
      connector: 'kafka',
      topic: 'x;y',
      format: 'json',
      'key.format': 'json',
      'key.fields': 'id',
      'value.fields-include': 'EXCEPT_KEY',
      'properties.bootstrap.servers': 'a:1,b:2',
      'properties.group.id': 'g',
      'properties.security.protocol': 'SSL',
      'scan.startup.mode': 'timestamp',
      'scan.startup.timestamp-millis': '5',
      'scan.bounded.mode': 'latest-offset',
    });
    expect(table.columns.map(({ kind, name }) => [kind, name])).toEqual([
      ['physical', 'id'],
      ['metadata', 'at'],
    ]);
  });

  it('takes updates by key', () => {
    const job = new Job('test');
    const counts = job
      .source(file({ path: 'x', format: 'json', schema: Bid }))
      .keyBy((b) => b.id)
      .aggregate({ n: count() });
    const sink = { brokers: 'b:1', topic: 'o', format: 'json' } as const;
    const key = { format: 'json', fields: ['id'] } as const;
    counts.to(kafka.sink({ ...sink, key, upsert: true }));
    expect(job.explain()).toContain('kafka_sink o: to o');
    counts.to(kafka.sink({ ...sink, key }));
    expect(() => job.explain()).toThrow(/doesn't support consuming update changes/);
  });

  it('knows its columns', () => {
    const topic = { brokers: 'b:1', topic: 'x', format: 'json', schema: Bid } as const;
    // @ts-expect-error: there is no column `when`
    expect(() => kafka({ ...topic, metadata: { when: 'timestamp' } })).toThrow(/a column 'when' that there is not/);
    // @ts-expect-error: neither is there here
    kafka({ ...topic, key: { format: 'json', fields: ['idd'] } });
    const job = new Job('test');
    const wrong = kafka.sink({ brokers: 'b:1', topic: 'o', format: 'json', metadata: { when: 'timestamp' } });
    expect(() => job.source(kafka(topic)).to(wrong)).toThrow(/Columns: id, at/);
  });

  it('checks when the job is planned', () => {
    expect(() => explained({ brokers: 'b:1', format: 'json' })).toThrow(/Either 'topic' or 'topic-pattern'/);
    const job = new Job('test');
    job
      .source(file({ path: 'x', format: 'json', schema: Bid }))
      .to(kafka.sink({ brokers: 'b:1', topic: 'o', format: 'json', guarantee: 'exactly-once' }));
    expect(() => job.explain()).toThrow(/sink.transactional-id-prefix must be specified/);
  });
});

describe('a table of newest rows', () => {
  const changes = (script: string) => new Planned(create(UPSERT, KEYED_COLUMNS) + script);

  it('is read from the beginning, its key from the key, and told with its old rows', () => {
    const planned = changes('SELECT v FROM t;');
    expect(planned.node('kafka_source').config).toMatchObject({
      startup: { mode: 'earliest' },
      upsert: true,
      columns: [{ name: 'v' }],
      keyColumns: [{ name: 'id' }],
      output: [
        { from: 'value', index: 0 },
        { from: 'key', index: 0 },
      ],
    });
    expect(planned.ops).toEqual(['kafka_source', 'changelog_normalize', 'project', 'result_sink']);
    expect(planned.inputs(planned.node('changelog_normalize'))).toEqual(['hash(id) kafka_source']);
    expect(planned.node('changelog_normalize').config).toMatchObject({ keys: [1], emitUpdateBefore: true });
  });

  it('is copied as it is into another one with its key, and tells no old rows to those who need none', () => {
    const copy = (columns: string) => create({ ...UPSERT, topic: 'u' }, columns).replace('TABLE t', 'TABLE u');
    const ops = (query: string, columns = KEYED_COLUMNS) => changes(`${copy(columns)}INSERT INTO u ${query};`).ops;
    expect(ops('SELECT * FROM t')).toEqual(['kafka_source', 'kafka_sink']);
    expect(ops('SELECT id, v, name FROM t', 'id INT, w DOUBLE, n STRING, PRIMARY KEY (id) NOT ENFORCED')).toEqual([
      'kafka_source',
      'project',
      'kafka_sink',
    ]);
    const computed = changes(`${copy(KEYED_COLUMNS)}INSERT INTO u SELECT id, UPPER(name), v FROM t;`);
    expect(computed.ops).toEqual(['kafka_source', 'changelog_normalize', 'project', 'kafka_sink']);
    expect(computed.node('changelog_normalize').config).toMatchObject({ emitUpdateBefore: false });
  });

  it('keeps no rows that a condition leaves out', () => {
    const filtered = changes('SELECT name FROM t WHERE v > 1 AND id <> 7;');
    expect(filtered.ops).toEqual(['kafka_source', 'changelog_normalize', 'project', 'result_sink']);
    expect(filtered.node('changelog_normalize').config['condition']).toMatchObject({ call: 'and' });
  });

  it('has event time, told of every record', () => {
    const columns = `${KEYED_COLUMNS}, ts TIMESTAMP(3), later AS ts + INTERVAL '1' SECOND, WATERMARK FOR later AS later`;
    const planned = new Planned(`${create(UPSERT, columns)}SELECT later, CURRENT_WATERMARK(later) AS w FROM t;`);
    expect(planned.ops.slice(0, 5)).toEqual([
      'kafka_source',
      'project',
      'watermark_assigner',
      'changelog_normalize',
      'project',
    ]);
  });

  it('takes a query whose rows have another key, if they are never updated or the query says what becomes of them', () => {
    const input = create({ connector: 'datagen' }).replace('TABLE t', 'TABLE s');
    const into = (query: string) => `${input}${create(UPSERT, KEYED_COLUMNS)}INSERT INTO t ${query};`;
    expect(new Planned(into('SELECT * FROM s')).ops.at(-1)).toBe('kafka_sink');
    const byName = 'SELECT CAST(COUNT(*) AS INT), name, SUM(v) FROM s GROUP BY name';
    const error = errorOf(into(byName));
    expect(error).toMatchObject({ kind: 'missing-on-conflict', identifier: 't' });
    expect(error.message).toContain('PRIMARY KEY (id)');
    expect(new Planned(into(`${byName} ON CONFLICT DO DEDUPLICATE`)).ops.at(-2)).toBe('upsert_materialize');
  });
});
