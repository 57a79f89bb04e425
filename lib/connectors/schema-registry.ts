// schema-registry: Confluent's registry of Avro schemas, asked over its REST interface while a job runs.
//
//   {"id": 7}                              ->  GET  URL/schemas/ids/7                ->  {"schema": "…"} or {"absent": "…"}
//   {"subject": "bids", "schema": "…"}     ->  POST URL/subjects/bids/versions       ->  {"id": 7}
//
// Native asks (native/connectors/registry/owner_schema_registry.h), once for each schema; `"of": "key"`: the registry of keys. No state.

import { readFileSync } from 'node:fs';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { createSecureContext } from 'node:tls';
import { SabotError } from '../errors.js';
import type { OwnerCode } from '../plan/physical.js';
import type { Answerer } from '../plan/user-function.js';
import type { SchemaRegistryOptions } from './registry-options.js';

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';
const ATTEMPTS_MAX = 5;
const PAUSE_MS = 200;
const TIMEOUT_MS = 10_000;
/** More than any schema. */
const ANSWER_BYTES_MAX = 64 << 20;
/** The part of OpenSSL's messages that says what is wrong. */
const OPENSSL_REASON = /:SSL routines:[^:]*:([^:]+):/;
/** Confluent's codes for: no such subject, version, schema. */
const NOT_FOUND = [40401, 40402, 40403];

/** The registries of a node's formats: that of values, and that of keys. */
export interface NodeRegistries {
  readonly value?: SchemaRegistryOptions | undefined;
  readonly key?: SchemaRegistryOptions | undefined;
}

const partsOf = new Map<string, object>();

/** What a node whose formats ask registries carries (`PhysicalNode.code`); undefined: they ask none. */
export function registryCode(registries: NodeRegistries): OwnerCode | undefined {
  if (registries.value === undefined && registries.key === undefined) return undefined;
  const key = JSON.stringify([registries.value, registries.key]);
  const part = partsOf.get(key) ?? {};
  partsOf.set(key, part);
  return { parts: [part], open: () => new RegistryAnswerer(registries) };
}

interface Question {
  readonly of?: 'key';
  readonly id?: number;
  readonly subject?: string;
  readonly schema?: string;
}

class RegistryAnswerer implements Answerer {
  private readonly closed = new AbortController();
  private readonly clients = new Map<string, RegistryClient>();

  constructor(private readonly registries: NodeRegistries) {}

  async answer(request: Uint8Array): Promise<Uint8Array> {
    const { of = 'value', id, subject, schema } = JSON.parse(Buffer.from(request).toString('utf8')) as Question;
    const client = this.clientOf(of);
    const answer = id === undefined ? await client.register(subject!, schema!) : await client.find(id);
    return Buffer.from(JSON.stringify(answer), 'utf8');
  }

  close(): void {
    this.closed.abort();
  }

  private clientOf(of: 'key' | 'value'): RegistryClient {
    const client = this.clients.get(of) ?? new RegistryClient(this.registries[of]!, this.closed.signal);
    this.clients.set(of, client);
    return client;
  }
}

class RegistryClient {
  private readonly tls: RequestOptions;

  constructor(
    private readonly options: SchemaRegistryOptions,
    private readonly closed: AbortSignal,
  ) {
    this.tls = readTls(options);
  }

  async find(id: number): Promise<object> {
    const { status, body } = await this.ask('GET', `/schemas/ids/${id}`);
    if (status === 404 && NOT_FOUND.includes(Number(body['error_code']))) {
      return { absent: 'the schema registry does not have it' };
    }
    if (status !== 200 || typeof body['schema'] !== 'string') throw this.refused(`schema ${id}`, status, body);
    const type = body['schemaType'] ?? 'AVRO';
    if (type !== 'AVRO') return { absent: `it is one of ${String(type)}, not of Avro` };
    if (Array.isArray(body['references']) && body['references'].length > 0) {
      return { absent: 'it refers to other schemas, which is not supported yet' };
    }
    return { schema: body['schema'] };
  }

  async register(subject: string, schema: string): Promise<object> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    const { status, body } = await this.ask('POST', path, JSON.stringify({ schema }));
    if (status !== 200 || typeof body['id'] !== 'number') throw this.refused(`subject '${subject}'`, status, body);
    return { id: body['id'] };
  }

  private refused(what: string, status: number, body: Record<string, unknown>): SabotError {
    const reason = typeof body['message'] === 'string' ? body['message'] : 'no reason was given';
    return registryError(
      `The schema registry at ${this.options.urls.join(', ')} refused ${what} (HTTP ${status}): ${reason}${this.credentialsHint(status)}`,
    );
  }

  private credentialsHint(status: number): string {
    if (status !== 401 && status !== 403) return '';
    const { authorization, format } = this.options;
    const [user, token] = [`'${format}.basic-auth.user-info'`, `'${format}.bearer-auth.token'`];
    if (authorization === undefined) return `. It wants to know who asks: set ${user} or ${token}.`;
    const given = authorization.startsWith('Bearer') ? token : `${user}, or the name and password in the address`;
    return status === 401 ? `. Check ${given}.` : `. Whoever ${given} names may not do this.`;
  }

  /** Failures of the network and of the server are tried again, at the next address and after a pause. */
  private async ask(
    method: string,
    path: string,
    body?: string,
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const { urls, authorization } = this.options;
    let failure = '';
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (attempt > 0) await pause(PAUSE_MS * 2 ** (attempt - 1), this.closed);
      const url = urls[attempt % urls.length]!;
      try {
        const { status, text } = await exchange(url + path, body, {
          ...this.tls,
          method,
          signal: AbortSignal.any([this.closed, AbortSignal.timeout(TIMEOUT_MS)]),
          headers: {
            accept: CONTENT_TYPE,
            ...(body === undefined ? {} : { 'content-type': CONTENT_TYPE }),
            ...(authorization === undefined ? {} : { authorization }),
          },
        });
        if (status < 500) return { status, body: jsonOf(text) };
        failure = `HTTP ${status}`;
      } catch (error) {
        const { message, code = '' } = error as NodeJS.ErrnoException;
        const reason = OPENSSL_REASON.exec(message)?.[1] ?? message;
        failure = reason.includes(code) ? reason : `${code} ${reason}`;
        const hint = tlsHint(code, this.options.format);
        if (hint !== undefined && attempt >= urls.length - 1) {
          throw registryError(`The schema registry at ${url} cannot be talked to: ${failure}. ${hint}`);
        }
      }
      if (this.closed.aborted) break;
    }
    throw registryError(`The schema registry at ${urls.join(', ')} does not answer: ${failure}.`);
  }
}

function exchange(
  url: string,
  body: string | undefined,
  options: RequestOptions,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage): void => {
      textOf(response).then((text) => resolve({ status: response.statusCode!, text }), reject);
    };
    const asked: ClientRequest = url.startsWith('https:')
      ? httpsRequest(url, options, answered)
      : httpRequest(url, options, answered);
    asked.on('error', reject);
    asked.end(body);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > ANSWER_BYTES_MAX) throw new Error('its answer is too long');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** What to do about a failure of TLS, which asking again does not mend; undefined: it is none. */
function tlsHint(code: string, format: string): string | undefined {
  if (code === 'EPROTO') return "Does it speak TLS there? If not, its address begins with 'http://'.";
  if (/^ERR_SSL_.*CERTIFICATE_REQUIRED$/.test(code)) {
    return `It wants a certificate of whoever asks: set '${format}.ssl.keystore.location'.`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'Its certificate is of another name: use that one in the address.';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'Its certificate must be renewed.';
  if (/SELF_SIGNED|^UNABLE_TO_|^CERT_/.test(code)) {
    return `Its certificate is none of those that are trusted: set '${format}.ssl.truststore.location' to a PEM file with the one that signed it.`;
  }
  return undefined;
}

function readTls({ tls, format }: SchemaRegistryOptions): RequestOptions {
  const read = (path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      throw registryError(`The schema registry's certificates cannot be read: ${(error as Error).message}.`);
    }
  };
  const own = tls.pem === undefined ? undefined : read(tls.pem);
  const options = {
    ...(tls.ca === undefined ? {} : { ca: read(tls.ca) }),
    ...(own === undefined ? {} : { key: own, cert: own }),
    ...(tls.pkcs12 === undefined ? {} : { pfx: read(tls.pkcs12) }),
    ...(tls.password === undefined ? {} : { passphrase: tls.password }),
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw registryError(
      `The schema registry cannot be asked with these certificates: ${(error as Error).message}. Check '${format}.ssl.truststore.location', '${format}.ssl.keystore.location' and '${format}.ssl.keystore.password'.`,
    );
  }
  return options;
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return { message: text.slice(0, 200) };
  }
}

const registryError = (message: string): SabotError =>
  new SabotError('SABOT_E_RUNTIME', message, { kind: 'schema-registry', identifier: 'url' });

/** Ends early, without an error, when `signal` is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
