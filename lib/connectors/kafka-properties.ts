// kafka-properties: `properties.*`, named as in Kafka's Java clients, in the words of librdkafka.
//
//   fetch.max.wait.ms = 100                                 ->   fetch.wait.max.ms = 100
//   sasl.jaas.config = '… required username="a" …;'         ->   sasl.username = a, …
//   max.poll.records = 10                                   ->   a warning: batches are cut by batch.max-rows
//
// What the table does not name is librdkafka's own, or a mistake.

import { librdkafkaProperties, librdkafkaProperty } from './librdkafka-properties.js';
import { nearest, optionError } from './options.js';
import { storeType } from './ssl-store.js';

export type ClientRole = 'consumer' | 'producer';

export interface ClientProperties {
  readonly properties: Readonly<Record<string, string>>;
  /** What was asked for in vain. */
  readonly warnings: readonly string[];
}

/** What becomes of a property: its name for librdkafka, several properties, or a reason for which it has no effect here. */
type Translation = string | ((value: string, given: Given) => Record<string, string>) | { readonly ignored: string };
type Given = Readonly<Record<string, string>>;

interface Row {
  /** The only client that has it; the other one is not told. */
  readonly only?: ClientRole;
  readonly to: Translation;
}

const JAVA = 'it configures the Java client';

const both = (...names: readonly string[]): [string, Row][] => names.map((name) => [name, { to: name }]);
const consumer = (...names: readonly string[]): [string, Row][] =>
  names.map((name) => [name, { only: 'consumer', to: name }]);
const producer = (...names: readonly string[]): [string, Row][] =>
  names.map((name) => [name, { only: 'producer', to: name }]);
const ignored = (reason: string, ...names: readonly string[]): [string, Row][] =>
  names.map((name) => [name, { to: { ignored: reason } }]);

const TABLE: ReadonlyMap<string, Row> = new Map<string, Row>([
  ...both('bootstrap.servers', 'client.id', 'client.rack', 'security.protocol', 'sasl.mechanism'),
  ...both('ssl.key.password', 'ssl.cipher.suites', 'sasl.kerberos.service.name', 'metadata.max.age.ms'),
  ['client.id.prefix', { to: 'client.id' }],
  ['send.buffer.bytes', { to: (value) => ({ 'socket.send.buffer.bytes': systemsOwn(value) }) }],
  ['receive.buffer.bytes', { to: (value) => ({ 'socket.receive.buffer.bytes': systemsOwn(value) }) }],
  [
    'ssl.endpoint.identification.algorithm',
    { to: (value) => ({ 'ssl.endpoint.identification.algorithm': value.trim() === '' ? 'none' : value }) },
  ],
  ['sasl.jaas.config', { to: (value, given) => login(value, given) }],
  ...['ssl.truststore.location', 'ssl.truststore.certificates'].map((name): [string, Row] => [
    name,
    { to: (value, given) => trusted(name, value, given) },
  ]),
  ...['ssl.keystore.location', 'ssl.keystore.key', 'ssl.keystore.certificate.chain'].map((name): [string, Row] => [
    name,
    { to: (value, given) => ownKey(name, value, given) },
  ]),
  // Said with the stores above.
  ...['ssl.truststore.type', 'ssl.truststore.password', 'ssl.keystore.type', 'ssl.keystore.password'].map(
    (name): [string, Row] => [name, { to: () => ({}) }],
  ),

  ...consumer('group.id', 'group.instance.id', 'isolation.level', 'check.crcs', 'allow.auto.create.topics'),
  ...consumer('fetch.min.bytes', 'fetch.max.bytes', 'max.partition.fetch.bytes', 'session.timeout.ms'),
  ...consumer('heartbeat.interval.ms', 'max.poll.interval.ms'),
  ['fetch.max.wait.ms', { only: 'consumer', to: 'fetch.wait.max.ms' }],
  // Told by startupOf.
  ['auto.offset.reset', { only: 'consumer', to: () => ({}) }],

  ...producer('acks', 'batch.size', 'compression.type', 'delivery.timeout.ms', 'enable.idempotence', 'linger.ms'),
  ...producer('max.in.flight.requests.per.connection', 'retries', 'transaction.timeout.ms'),
  ['max.request.size', { only: 'producer', to: 'message.max.bytes' }],
  ['buffer.memory', { only: 'producer', to: (value) => ({ 'queue.buffering.max.kbytes': kibibytes(value) }) }],
  ...['gzip', 'lz4', 'zstd'].map((type): [string, Row] => [
    `compression.${type}.level`,
    {
      only: 'producer',
      to: (value, given): Record<string, string> =>
        given['compression.type'] === type ? { 'compression.level': value } : {},
    },
  ]),
  ['request.timeout.ms', { to: (value) => ({ 'socket.timeout.ms': value }) }],

  ...ignored("group offsets are committed with the job's checkpoints", 'enable.auto.commit', 'auto.commit.interval.ms'),
  ...ignored(
    "group offsets are committed with the job's checkpoints",
    'commit.offsets.on.checkpoint',
    'auto.commit.enable',
  ),
  ...ignored('the job decides it', 'enable.auto.offset.store', 'enable.partition.eof'),
  ...ignored("batches are cut by 'batch.max-rows' and 'batch.max-delay'", 'max.poll.records'),
  ...ignored("say 'scan.topic-partition-discovery.interval'", 'partition.discovery.interval.ms'),
  ...ignored("say 'sink.transactional-id-prefix'", 'transactional.id'),
  ...ignored("say 'sink.partitioner'", 'partitioner.class', 'partitioner.ignore.keys'),
  ...ignored('partitions are given to subtasks by the job', 'partition.assignment.strategy', 'group.protocol'),
  ...ignored("formats are said by 'key.format' and 'value.format'", 'key.deserializer', 'value.deserializer'),
  ...ignored("formats are said by 'key.format' and 'value.format'", 'key.serializer', 'value.serializer'),
  ...ignored(JAVA, 'interceptor.classes', 'metric.reporters', 'metrics.num.samples', 'metrics.recording.level'),
  ...ignored(
    JAVA,
    'metrics.sample.window.ms',
    'security.providers',
    'ssl.provider',
    'ssl.secure.random.implementation',
  ),
  ...ignored(JAVA, 'ssl.keymanager.algorithm', 'ssl.trustmanager.algorithm', 'ssl.engine.factory.class'),
  ...ignored(JAVA, 'exclude.internal.topics', 'max.block.ms', 'default.api.timeout.ms'),
  ...ignored(JAVA, 'register.consumer.metrics', 'internal.throw.on.fetch.stable.offset.unsupported'),
  ...ignored(JAVA, 'partitioner.adaptive.partitioning.enable', 'partitioner.availability.timeout.ms'),
  ...ignored(JAVA, 'sasl.kerberos.ticket.renew.jitter', 'sasl.kerberos.ticket.renew.window.factor'),
  ...ignored(JAVA, 'sasl.login.connect.timeout.ms', 'sasl.login.read.timeout.ms'),
  ...ignored(JAVA, 'sasl.login.refresh.buffer.seconds', 'sasl.login.refresh.min.period.seconds'),
  ...ignored(JAVA, 'sasl.login.refresh.window.factor', 'sasl.login.refresh.window.jitter'),
  ...ignored(JAVA, 'sasl.login.retry.backoff.max.ms', 'sasl.login.retry.backoff.ms'),
  ...ignored(JAVA, 'sasl.oauthbearer.clock.skew.seconds', 'sasl.oauthbearer.header.urlencode'),
  ...ignored(JAVA, 'sasl.oauthbearer.expected.audience', 'sasl.oauthbearer.expected.issuer'),
  ...ignored(JAVA, 'sasl.oauthbearer.jwks.endpoint.refresh.ms', 'sasl.oauthbearer.jwks.endpoint.url'),
  ...ignored(JAVA, 'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms'),
  ...ignored(JAVA, 'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms', 'sasl.oauthbearer.scope.claim.name'),
  ...ignored('the job reads topics as a stream, not as a share group', 'share.acquire.mode'),
  ...ignored('the job commits its transactions itself', 'transaction.two.phase.commit.enable'),
  ...[
    'config.providers',
    'sasl.client.callback.handler.class',
    'sasl.login.callback.handler.class',
    'sasl.login.class',
    'sasl.oauthbearer.jwt.retriever.class',
    'sasl.oauthbearer.jwt.validator.class',
  ].map((name): [string, Row] => [name, { to: (value) => refuseClass(name, value) }]),
  ...ignored('the newest protocol that both sides know is used', 'ssl.protocol', 'ssl.enabled.protocols'),
  ...ignored(
    'the client times its connections itself',
    'socket.connection.setup.timeout.max.ms',
    'metadata.max.idle.ms',
  ),
]);

const PREFIX = 'properties.';

/** The properties of a table's options for one client; `owner` is how messages name the table. */
export function clientProperties(options: Given, role: ClientRole, owner: string): ClientProperties {
  const given: Given = Object.fromEntries(
    Object.entries(options).flatMap(([key, value]) =>
      key.startsWith(PREFIX) ? [[key.slice(PREFIX.length), value]] : [],
    ),
  );
  const properties: Record<string, string> = {};
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    const { to, only } = TABLE.get(name) ?? sameName(name, owner);
    if (only !== undefined && only !== role) continue;
    if (typeof to === 'string') properties[to] = value;
    else if (typeof to === 'function') Object.assign(properties, to(value, given));
    else warnings.push(`Option '${PREFIX}${name}' of ${owner} has no effect: ${to.ignored}.`);
  }
  return { properties, warnings };
}

/** A property that only librdkafka has. */
function sameName(name: string, owner: string): Row {
  const client = librdkafkaProperty(name);
  if (client !== undefined) return client === 'both' ? { to: name } : { to: name, only: client };
  const near = nearest(name, [...TABLE.keys(), ...librdkafkaProperties]);
  throw optionError(
    'unknown-option',
    `${PREFIX}${name}`,
    `Unknown option '${PREFIX}${name}' of ${owner}: no Kafka client has a property '${name}'.${near === undefined ? '' : ` Did you mean '${PREFIX}${near}'?`}`,
  );
}

/** What decides who the client is, and cannot be left out. */
function refuseClass(name: string, value: string): never {
  throw optionError(
    'unsupported-option',
    `${PREFIX}${name}`,
    `Option '${PREFIX}${name}' names a Java class, '${value}', which cannot run here: log in with 'sasl.mechanism' = 'PLAIN' or 'SCRAM-SHA-512', or with a certificate.`,
  );
}

/** Java's -1: what the system chooses. */
const systemsOwn = (value: string): string => (value.trim() === '-1' ? '0' : value);

function kibibytes(value: string): string {
  if (!/^\d+$/.test(value.trim())) {
    throw optionError(
      'invalid-option',
      `${PREFIX}buffer.memory`,
      `Option '${PREFIX}buffer.memory' has the wrong value '${value}': expected a number of bytes.`,
    );
  }
  return String(Math.max(1, Math.floor(Number(value) / 1024)));
}

/** A login module's options: `… required username="alice" password="secret";`. */
function login(text: string, given: Given): Record<string, string> {
  // Flink's documentation has the quotes as a Java string would.
  const jaas = /=\s*\\"/.test(text) ? text.replaceAll('\\"', '"') : text;
  const key = `${PREFIX}sasl.jaas.config`;
  const module = /^\s*([\w.]+)\s+(?:required|requisite|sufficient|optional)\b/i.exec(jaas)?.[1]?.split('.').at(-1);
  const options = new Map(
    [...jaas.matchAll(/([\w.]+)\s*=\s*"((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [
      name!,
      value!.replace(/\\(.)/g, '$1'),
    ]),
  );
  const option = (name: string): string => {
    const value = options.get(name);
    if (value !== undefined) return value;
    throw optionError('invalid-option', key, `Option '${key}' has no ${name}="…" for ${module}.`);
  };
  switch (module) {
    case 'PlainLoginModule':
    case 'ScramLoginModule':
      return { 'sasl.username': option('username'), 'sasl.password': option('password') };
    case 'OAuthBearerLoginModule': {
      const scope = options.get('scope');
      return {
        'sasl.oauthbearer.method': 'oidc',
        'sasl.oauthbearer.client.id': option('clientId'),
        'sasl.oauthbearer.client.secret': option('clientSecret'),
        ...(scope === undefined ? {} : { 'sasl.oauthbearer.scope': scope }),
      };
    }
    case 'Krb5LoginModule': {
      const service = given['sasl.kerberos.service.name'] ?? options.get('serviceName') ?? 'kafka';
      return {
        'sasl.kerberos.service.name': service,
        'sasl.kerberos.keytab': option('keyTab'),
        'sasl.kerberos.principal': option('principal'),
      };
    }
    default:
      throw optionError(
        'invalid-option',
        key,
        `Option '${key}' must name a login module and its options, such as: org.apache.kafka.common.security.plain.PlainLoginModule required username="…" password="…";`,
      );
  }
}

function trusted(name: string, value: string, given: Given): Record<string, string> {
  if (name === 'ssl.truststore.certificates') return { 'ssl.ca.pem': value };
  const type = storeType(given['ssl.truststore.type'], value);
  if (type === 'PEM') return { 'ssl.ca.location': value };
  throw optionError(
    'unsupported-option',
    `${PREFIX}${name}`,
    `Certificates to trust are read as PEM, not from a ${type} store ('${value}'). Export them: keytool -list -rfc -keystore ${value} > ca.pem, then '${PREFIX}ssl.truststore.type' = 'PEM', '${PREFIX}${name}' = 'ca.pem'.`,
  );
}

function ownKey(name: string, value: string, given: Given): Record<string, string> {
  if (name === 'ssl.keystore.key') return { 'ssl.key.pem': value };
  if (name === 'ssl.keystore.certificate.chain') return { 'ssl.certificate.pem': value };
  const type = storeType(given['ssl.keystore.type'], value);
  // Both lie in the one file.
  if (type === 'PEM') return { 'ssl.key.location': value, 'ssl.certificate.location': value };
  const password = given['ssl.keystore.password'];
  if (type === 'PKCS12') {
    return { 'ssl.keystore.location': value, ...(password === undefined ? {} : { 'ssl.keystore.password': password }) };
  }
  throw optionError(
    'unsupported-option',
    `${PREFIX}${name}`,
    `A key is read from PEM or PKCS12, not from a JKS store ('${value}'). Convert it: keytool -importkeystore -srckeystore ${value} -destkeystore key.p12 -deststoretype PKCS12, then '${PREFIX}ssl.keystore.type' = 'PKCS12', '${PREFIX}${name}' = 'key.p12'.`,
  );
}
