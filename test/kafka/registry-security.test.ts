// A schema registry behind TLS and a login: what gets in, and what is said of what does not.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SabotError } from '../../lib/errors.js';
import { describeKafka, useBroker } from './broker.js';
import { TestRegistry } from './registry.js';
import { type Options, rowsOf, topicTable } from './scripts.js';

const PASSWORD = 'of-the-store';
const ANN = `Basic ${Buffer.from('ann:secret').toString('base64')}`;

/** A key in a PKCS12 store, and the certificate that it signs itself. */
class OwnKey {
  readonly store: string;
  readonly certificate: string;

  constructor(folder: string, name: string, address = 'ip:127.0.0.1') {
    this.store = join(folder, `${name}.p12`);
    this.certificate = join(folder, `${name}.pem`);
    const store = ['-keystore', this.store, '-storetype', 'PKCS12', '-storepass', PASSWORD, '-alias', 'own'];
    const keytool = (...command: string[]) => execFileSync('keytool', [...command, ...store], { stdio: 'pipe' });
    const names = ['-dname', `CN=${name}`, '-ext', `san=${address}`, '-ext', 'bc:critical=ca:true'];
    keytool('-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '10', ...names);
    keytool('-exportcert', '-rfc', '-file', this.certificate);
  }

  get tls() {
    return { pfx: readFileSync(this.store), passphrase: PASSWORD };
  }
}

describeKafka('a schema registry behind TLS and a login', () => {
  const broker = useBroker();
  const folder = mkdtempSync(join(tmpdir(), 'sabot-registry-'));
  let own: OwnKey;
  let other: OwnKey;
  beforeAll(() => {
    own = new OwnKey(folder, 'registry');
    other = new OwnKey(folder, 'client');
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const table = (topic: string, url: string, options: Options, format = 'avro-confluent') => {
    const named = Object.entries(options).map(([name, value]) => [`${format}.${name}`, value]);
    return topicTable(broker(), 'id BIGINT', {
      topic,
      format,
      [`${format}.url`]: url,
      ...(Object.fromEntries(named) as Options),
    });
  };
  /** Writes through the registry and reads back. */
  const used = async (registry: TestRegistry, options: Options, format?: string) => {
    const tables = table(await broker().topic(), registry.url, options, format);
    await rowsOf(`${tables}INSERT INTO t VALUES (7);`);
    return rowsOf(`${tables}SELECT * FROM t;`);
  };
  const failure = async (url: string, options: Options): Promise<SabotError> =>
    rowsOf(`${table(await broker().topic(), url, options)}INSERT INTO t VALUES (7);`).then(
      () => expect.fail('it succeeded'),
      (error: SabotError) => error,
    );

  it('is asked over TLS, with a name and a password or a token', async () => {
    await using registry = await TestRegistry.start(own.tls);
    const trust: Options = { 'ssl.truststore.location': own.certificate };
    registry.authorization = ANN;
    for (const format of ['avro-confluent', 'debezium-avro-confluent']) {
      expect(await used(registry, { ...trust, 'basic-auth.user-info': 'ann:secret' }, format)).toEqual(['{"id":7}']);
    }
    expect(
      await used(registry, {
        'properties.schema.registry.ssl.truststore.location': own.certificate,
        'properties.basic.auth.credentials.source': 'USER_INFO',
        'properties.basic.auth.user.info': 'ann:secret',
      }),
    ).toEqual(['{"id":7}']);
    registry.authorization = 'Bearer token-1';
    const token: Options = { 'bearer-auth.credentials-source': 'STATIC_TOKEN', 'bearer-auth.token': 'token-1' };
    expect(await used(registry, { ...trust, ...token })).toEqual(['{"id":7}']);
    expect(registry.asked.filter((what) => what.startsWith('POST'))).toHaveLength(4);
  });

  it('is not believed with a certificate that nobody trusts, and not asked again for it', async () => {
    await using registry = await TestRegistry.start(own.tls);
    const told = `The schema registry at ${registry.url} cannot be talked to: `;
    const hint = "set 'avro-confluent.ssl.truststore.location' to a PEM file with the one that signed it.";
    for (const options of [{}, { 'ssl.truststore.location': other.certificate }]) {
      const error = await failure(registry.url, options);
      expect(error).toMatchObject({ kind: 'schema-registry', code: 'SABOT_E_RUNTIME' });
      expect(error.message).toContain(told);
      expect(error.message).toContain(hint);
    }
    const elsewhere = new OwnKey(folder, 'elsewhere', 'dns:elsewhere');
    await using wrong = await TestRegistry.start(elsewhere.tls);
    const { message } = await failure(wrong.url, { 'ssl.truststore.location': elsewhere.certificate });
    expect(message).toContain('Its certificate is of another name');
    expect([...registry.asked, ...wrong.asked]).toEqual([]);
  });

  it('says which option has a wrong password, or lacks', async () => {
    await using registry = await TestRegistry.start(own.tls);
    registry.authorization = ANN;
    const trust: Options = { 'ssl.truststore.location': own.certificate };
    const refused = (options: Options) => failure(registry.url, { ...trust, ...options });
    const nobody = await refused({});
    expect(nobody.kind).toBe('schema-registry');
    expect(nobody.message).toMatch(
      /refused subject '.*-value' \(HTTP 401\): Unauthorized\. It wants to know who asks: set 'avro-confluent\.basic-auth\.user-info' or/,
    );
    const wrong = await refused({ 'basic-auth.user-info': 'ann:wrong' });
    expect(wrong.message).toContain("(HTTP 401): Unauthorized. Check 'avro-confluent.basic-auth.user-info'");
    expect(wrong.message).not.toContain('ann:wrong');
    const token = await refused({ 'bearer-auth.token': 'old' });
    expect(token.message).toContain("(HTTP 401): Unauthorized. Check 'avro-confluent.bearer-auth.token'.");
  });

  it('may want a certificate of whoever asks', async () => {
    const ca = readFileSync(other.certificate);
    await using registry = await TestRegistry.start({ ...own.tls, ca, requestCert: true });
    const trust: Options = { 'ssl.truststore.location': own.certificate };
    const key: Options = { 'ssl.keystore.location': other.store, 'ssl.keystore.password': PASSWORD };
    expect(await used(registry, { ...trust, ...key })).toEqual(['{"id":7}']);
    const locked = await failure(registry.url, { ...trust, ...key, 'ssl.keystore.password': 'wrong' });
    expect(locked.message).toMatch(/with these certificates: .*Check .*'avro-confluent\.ssl\.keystore\.password'/);
    expect(locked.message).not.toContain('wrong');
    const nobody = await failure(registry.url, trust);
    expect(nobody.message).toContain(
      `The schema registry at ${registry.url} cannot be talked to: ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED`,
    );
    expect(nobody.message).toContain("set 'avro-confluent.ssl.keystore.location'");
  });

  it('may speak no TLS, and have files that are not there or are something else', async () => {
    await using registry = await TestRegistry.start();
    const { message } = await failure(registry.url.replace('http:', 'https:'), {});
    expect(message).toContain("Does it speak TLS there? If not, its address begins with 'http://'.");
    const missing = await failure(registry.url, { 'ssl.truststore.location': join(folder, 'none.pem') });
    expect(missing.message).toMatch(/certificates cannot be read: .*none\.pem/);
    writeFileSync(join(folder, 'text.pem'), 'no certificate');
    await using secure = await TestRegistry.start(own.tls);
    const text = await failure(secure.url, { 'ssl.truststore.location': join(folder, 'text.pem') });
    expect(text.message).toContain(`The schema registry at ${secure.url} cannot be talked to`);
    expect(text.message).toContain('ssl.truststore.location');
  });
});
