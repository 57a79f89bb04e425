// registry-options: where a format's schema registry is, and how it is asked, from the format's options.
//
//   'avro-confluent.url' = 'https://r:8081', 'avro-confluent.basic-auth.user-info' = 'ann:secret'
//       ->   { urls: ['https://r:8081'], authorization: 'Basic …', tls: {} }
//
// Names are Flink's; `properties.*` are those of Confluent's client, as far as they mean the same.

import type { OptionSpec, OptionValues } from './options.js';
import { nearest, optionError } from './options.js';
import { storeType } from './ssl-store.js';

export interface SchemaRegistryOptions {
  /** Whose options these are: for messages. */
  readonly format: string;
  /** Addresses of registries that are one: the first that answers is taken. */
  readonly urls: readonly string[];
  /** The Authorization header. */
  readonly authorization?: string;
  /** Files: certificates to trust, and one's own key with its certificate. */
  readonly tls: RegistryTls;
}

export interface RegistryTls {
  readonly ca?: string;
  readonly pem?: string;
  readonly pkcs12?: string;
  readonly password?: string;
}

/** Flink's options, and what Confluent's client calls the same. */
const CLIENT_NAMES: Readonly<Record<string, string>> = {
  'ssl.keystore.location': 'schema.registry.ssl.keystore.location',
  'ssl.keystore.password': 'schema.registry.ssl.keystore.password',
  'ssl.truststore.location': 'schema.registry.ssl.truststore.location',
  'ssl.truststore.password': 'schema.registry.ssl.truststore.password',
  'basic-auth.credentials-source': 'basic.auth.credentials.source',
  'basic-auth.user-info': 'basic.auth.user.info',
  'bearer-auth.credentials-source': 'bearer.auth.credentials.source',
  'bearer-auth.token': 'bearer.auth.token',
};

/** What only `properties.*` can say. */
const KEYSTORE_TYPE = 'schema.registry.ssl.keystore.type';
const TRUSTSTORE_TYPE = 'schema.registry.ssl.truststore.type';
const PROPERTIES = [...Object.values(CLIENT_NAMES), KEYSTORE_TYPE, TRUSTSTORE_TYPE];

/** The options of a format that asks a registry; native is told of the subject and the schema alone. */
export const registryOptionSpecs = (format: string): readonly OptionSpec[] => [
  { key: `${format}.url`, formerly: `${format}.schema-registry.url`, type: 'string', required: true, ownerOnly: true },
  { key: `${format}.subject`, formerly: `${format}.schema-registry.subject`, type: 'string' },
  ...[...Object.keys(CLIENT_NAMES), 'properties.#'].map(
    (name): OptionSpec => ({ key: `${format}.${name}`, type: 'string', ownerOnly: true }),
  ),
];

/** The registry that the options of a format name. */
export function registryOptions(values: OptionValues, format: string): SchemaRegistryOptions {
  const prefix = `${format}.properties.`;
  for (const key of values.keys()) {
    if (key.startsWith(prefix)) checkProperty(key.slice(prefix.length), key);
  }
  const text = (name: string): string | undefined => values.get(name) as string | undefined;
  const asked: Asked = {
    keyOf: (name) => `${format}.${name}`,
    option: (name) => text(`${format}.${name}`) ?? text(`${prefix}${CLIENT_NAMES[name]}`),
    property: (name) => text(`${prefix}${name}`),
  };
  const key = `${format}.url`;
  const urls = String(values.get(key))
    .split(',')
    .map((url) => parseUrl(url.trim(), key));
  const authorization = bearer(asked) ?? basic(asked, urls);
  return {
    format,
    urls: urls.map((url) => `${url.origin}${url.pathname.replace(/\/+$/, '')}`),
    ...(authorization === undefined ? {} : { authorization }),
    tls: tls(asked),
  };
}

interface Asked {
  readonly keyOf: (name: string) => string;
  readonly option: (name: string) => string | undefined;
  readonly property: (name: string) => string | undefined;
}

function checkProperty(name: string, key: string): void {
  if (PROPERTIES.includes(name)) return;
  const near = nearest(name, PROPERTIES);
  throw optionError(
    'unsupported-option',
    key,
    `Option '${key}' is of Confluent's Java client and has no meaning here. ${near === undefined ? `Known properties: ${PROPERTIES.join(', ')}.` : `Did you mean '${near}'?`}`,
  );
}

function parseUrl(text: string, key: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw optionError(
    'invalid-option',
    key,
    `Option '${key}' must be the registry's http or https address, not '${text}'.`,
  );
}

function basic({ option, keyOf }: Asked, urls: readonly URL[]): string | undefined {
  const name = 'basic-auth.user-info';
  const user = option(name);
  const source = sourceOf('basic-auth', ['USER_INFO', 'URL'], user === undefined ? 'URL' : 'USER_INFO', option, keyOf);
  const [{ username, password }] = urls as [URL, ...URL[]];
  const ofUrl = username === '' ? undefined : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const info = source === 'URL' ? ofUrl : needed(user, keyOf(name));
  return info === undefined ? undefined : `Basic ${Buffer.from(info).toString('base64')}`;
}

function bearer({ option, keyOf }: Asked): string | undefined {
  const name = 'bearer-auth.token';
  const token = option(name);
  if (token === undefined && option('bearer-auth.credentials-source') === undefined) return undefined;
  sourceOf('bearer-auth', ['STATIC_TOKEN'], 'STATIC_TOKEN', option, keyOf);
  return `Bearer ${needed(token, keyOf(name))}`;
}

function sourceOf(
  kind: string,
  known: readonly string[],
  otherwise: string,
  option: Asked['option'],
  keyOf: Asked['keyOf'],
): string {
  const name = `${kind}.credentials-source`;
  const source = option(name)?.trim().toUpperCase() ?? otherwise;
  if (known.includes(source)) return source;
  throw optionError(
    'unsupported-option',
    keyOf(name),
    `Option '${keyOf(name)}' has no source '${source}' of credentials here: use ${known.map((each) => `'${each}'`).join(', ')}.`,
  );
}

function needed(value: string | undefined, key: string): string {
  if (value !== undefined) return value;
  throw optionError('missing-option', key, `Option '${key}' is missing.`);
}

function tls({ option, property, keyOf }: Asked): RegistryTls {
  const [trust, own] = [option('ssl.truststore.location'), option('ssl.keystore.location')];
  const password = option('ssl.keystore.password');
  return {
    ...(trust === undefined ? {} : { ca: trusted(trust, property(TRUSTSTORE_TYPE), keyOf('ssl.truststore.location')) }),
    ...(own === undefined ? {} : ownKey(own, property(KEYSTORE_TYPE), keyOf('ssl.keystore.location'))),
    ...(own === undefined || password === undefined ? {} : { password }),
  };
}

function trusted(file: string, said: string | undefined, key: string): string {
  const type = storeType(said, file);
  if (type === 'PEM') return file;
  throw optionError(
    'unsupported-option',
    key,
    `Certificates to trust are read as PEM, not from a ${type} store ('${file}'). Export them: keytool -list -rfc -keystore ${file} > ca.pem, then '${key}' = 'ca.pem'.`,
  );
}

function ownKey(file: string, said: string | undefined, key: string): RegistryTls {
  const type = storeType(said, file);
  if (type === 'PEM') return { pem: file };
  if (type === 'PKCS12') return { pkcs12: file };
  throw optionError(
    'unsupported-option',
    key,
    `A key is read from PEM or PKCS12, not from a JKS store ('${file}'). Convert it: keytool -importkeystore -srckeystore ${file} -destkeystore key.p12 -deststoretype PKCS12, then '${key}' = 'key.p12'.`,
  );
}
