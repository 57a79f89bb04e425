// schema-registry: Confluent's registry of Avro schemas, asked over its REST interface while a job runs.
//
//   {"id": 7}                              ->  GET  URL/schemas/ids/7                ->  {"schema": "…"} or {"absent": "…"}
//   {"subject": "bids", "schema": "…"}     ->  POST URL/subjects/bids/versions       ->  {"id": 7}
//
// Native asks (native/connectors/registry/owner_schema_registry.h), once for each schema. No state.

import { SabotError } from '../errors.js';
import type { OwnerCode } from '../plan/physical.js';
import type { Answerer } from '../plan/user-function.js';
import type { OptionValues } from './options.js';

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';
const ATTEMPTS_MAX = 5;
const PAUSE_MS = 200;
const TIMEOUT_MS = 10_000;
/** Confluent's codes for: no such subject, version, schema. */
const NOT_FOUND = [40401, 40402, 40403];

export interface SchemaRegistryOptions {
  /** Addresses of registries that are one: the first that answers is taken. */
  readonly urls: readonly string[];
  /** The Authorization header. */
  readonly authorization?: string;
}

/** The registry that a format's options name: `PREFIX.url`, `PREFIX.basic-auth.user-info`, `PREFIX.bearer-auth.token`. */
export function registryOptions(values: OptionValues, prefix: string): SchemaRegistryOptions {
  const text = (key: string): string | undefined => values.get(`${prefix}.${key}`) as string | undefined;
  const urls = (text('url') ?? '').split(',').map((url) => url.trim().replace(/\/+$/, ''));
  const user = text('basic-auth.user-info');
  const token = text('bearer-auth.token');
  if (user !== undefined) return { urls, authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  return token === undefined ? { urls } : { urls, authorization: `Bearer ${token}` };
}

const partsOf = new Map<string, object>();

/** What a node whose format asks a registry carries (`PhysicalNode.code`). */
export function registryCode(options: SchemaRegistryOptions): OwnerCode {
  const key = JSON.stringify(options);
  const part = partsOf.get(key) ?? {};
  partsOf.set(key, part);
  return { parts: [part], open: () => new RegistryAnswerer(options) };
}

interface Question {
  readonly id?: number;
  readonly subject?: string;
  readonly schema?: string;
}

class RegistryAnswerer implements Answerer {
  private readonly closed = new AbortController();

  constructor(private readonly options: SchemaRegistryOptions) {}

  async answer(request: Uint8Array): Promise<Uint8Array> {
    const question = JSON.parse(Buffer.from(request).toString('utf8')) as Question;
    const answer =
      question.id === undefined
        ? await this.register(question.subject!, question.schema!)
        : await this.find(question.id);
    return Buffer.from(JSON.stringify(answer), 'utf8');
  }

  close(): void {
    this.closed.abort();
  }

  private async find(id: number): Promise<object> {
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

  private async register(subject: string, schema: string): Promise<object> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    const { status, body } = await this.ask('POST', path, JSON.stringify({ schema }));
    if (status !== 200 || typeof body['id'] !== 'number') throw this.refused(`subject '${subject}'`, status, body);
    return { id: body['id'] };
  }

  private refused(what: string, status: number, body: Record<string, unknown>): SabotError {
    const reason = typeof body['message'] === 'string' ? body['message'] : 'no reason was given';
    return registryError(
      `The schema registry at ${this.options.urls.join(', ')} refused ${what} (HTTP ${status}): ${reason}`,
    );
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
      if (attempt > 0) await pause(PAUSE_MS * 2 ** (attempt - 1), this.closed.signal);
      const url = urls[attempt % urls.length]!;
      try {
        const response = await fetch(url + path, {
          method,
          signal: AbortSignal.any([this.closed.signal, AbortSignal.timeout(TIMEOUT_MS)]),
          headers: {
            accept: CONTENT_TYPE,
            ...(body === undefined ? {} : { 'content-type': CONTENT_TYPE }),
            ...(authorization === undefined ? {} : { authorization }),
          },
          ...(body === undefined ? {} : { body }),
        });
        if (response.status < 500) return { status: response.status, body: await jsonOf(response) };
        failure = `HTTP ${response.status}`;
      } catch (error) {
        const { cause, message } = error as Error;
        failure = cause instanceof Error ? `${message}: ${cause.message}` : message;
      }
      if (this.closed.signal.aborted) break;
    }
    throw registryError(`The schema registry at ${urls.join(', ')} does not answer: ${failure}.`);
  }
}

async function jsonOf(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text();
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
