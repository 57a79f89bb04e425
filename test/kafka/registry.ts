// registry: a server that speaks the REST interface of Confluent's schema registry, as far as sabot asks it: there is no registry to run here.
//
//   POST /subjects/bids-value/versions {"schema": "…"}   ->   {"id": 1}        GET /schemas/ids/1   ->   {"schema": "…"}
//
// State: the schemas by number (from 1, equal texts share one), the subjects, and what was asked.

import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

export class TestRegistry implements AsyncDisposable {
  /** By number, less one. */
  readonly schemas: string[] = [];
  readonly subjects = new Map<string, number[]>();
  readonly asked: string[] = [];
  /** How many requests fail from now on. */
  failures = 0;
  /** The Authorization header that it lets in; undefined: anybody. */
  authorization: string | undefined;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** With a key and a certificate it speaks TLS. */
  static async start(tls?: ServerOptions): Promise<TestRegistry> {
    const listener: RequestListener = (request, response) => {
      void textOf(request).then((body) => {
        const { status, answer } = registry.answer(request, body);
        response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
        response.end(JSON.stringify(answer));
      });
    };
    const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const registry = new TestRegistry(server, `${tls === undefined ? 'http' : 'https'}://${address}`);
    return registry;
  }

  /** The number of a schema, as if somebody had registered it. */
  add(schema: object): number {
    return this.idOf(JSON.stringify(schema));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private idOf(schema: string): number {
    const found = this.schemas.indexOf(schema);
    return found >= 0 ? found + 1 : this.schemas.push(schema);
  }

  private answer(request: IncomingMessage, body: string): { status: number; answer: object } {
    const what = `${request.method} ${request.url}`;
    this.asked.push(what);
    if (this.failures > 0) {
      this.failures--;
      return { status: 503, answer: { error_code: 50003, message: 'it is being restarted' } };
    }
    if (this.authorization !== undefined && request.headers.authorization !== this.authorization) {
      return { status: 401, answer: { error_code: 401, message: 'Unauthorized' } };
    }
    const id = /^GET \/schemas\/ids\/(-?\d+)$/.exec(what)?.[1];
    const subject = /^POST \/subjects\/([^/]+)\/versions$/.exec(what)?.[1];
    if (id !== undefined) {
      const schema = this.schemas[Number(id) - 1];
      if (schema !== undefined) return { status: 200, answer: { schema } };
      return { status: 404, answer: { error_code: 40403, message: 'Schema not found' } };
    }
    if (subject === undefined) return { status: 404, answer: { error_code: 404, message: 'HTTP 404 Not Found' } };
    const number = this.idOf((JSON.parse(body) as { schema: string }).schema);
    const name = decodeURIComponent(subject);
    const versions = this.subjects.get(name) ?? [];
    this.subjects.set(name, versions.includes(number) ? versions : [...versions, number]);
    return { status: 200, answer: { id: number } };
  }
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of message) text += String(piece);
  return text;
}
