// The schema registry's client, against a server in the test that speaks the registry's REST interface: there is no registry to run here.

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registryOptions } from '../../lib/connectors/registry-options.js';
import { type NodeRegistries, registryCode } from '../../lib/connectors/schema-registry.js';
import type { Answerer } from '../../lib/plan/user-function.js';

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

let server: Server;
let url: string;
let replies: Reply[];
let seen: { method: string; path: string; authorization: string | undefined; body: string }[];

async function textOf(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of message) text += String(piece);
  return text;
}

beforeEach(async () => {
  replies = [];
  seen = [];
  server = createServer((request, response) => {
    void textOf(request).then((body) => {
      seen.push({
        method: request.method!,
        path: request.url!,
        authorization: request.headers.authorization,
        body,
      });
      const reply = replies.length > 1 ? replies.shift()! : replies[0]!;
      response.writeHead(reply.status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
      response.end(JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const open = (options: Record<string, string> = {}): Answerer =>
  registryCode({ value: given({ 'avro-confluent.url': url, ...options }) })!.open(0);

const given = (options: Record<string, string>) => registryOptions(new Map(Object.entries(options)), 'avro-confluent');

async function ask(answerer: Answerer, question: object): Promise<unknown> {
  const answer = await answerer.answer(Buffer.from(JSON.stringify(question)));
  return JSON.parse(Buffer.from(answer).toString('utf8'));
}

describe('a schema registry', () => {
  it('has a schema by its number', async () => {
    replies = [{ status: 200, body: { schema: '"int"' } }];
    expect(await ask(open(), { id: 7 })).toEqual({ schema: '"int"' });
    expect(seen).toEqual([{ method: 'GET', path: '/schemas/ids/7', authorization: undefined, body: '' }]);
  });

  it('gives a schema its number', async () => {
    replies = [{ status: 200, body: { id: 12 } }];
    expect(await ask(open(), { subject: 'a/b-value', schema: '"int"' })).toEqual({ id: 12 });
    expect(seen[0]).toMatchObject({
      method: 'POST',
      path: '/subjects/a%2Fb-value/versions',
      body: '{"schema":"\\"int\\""}',
    });
  });

  it('is asked with a name and a password, or a token', async () => {
    replies = [{ status: 200, body: { id: 1 } }];
    await ask(open({ 'avro-confluent.basic-auth.user-info': 'ann:secret' }), { id: 1 }).catch(() => undefined);
    await ask(open({ 'avro-confluent.bearer-auth.token': 'abc' }), { id: 1 }).catch(() => undefined);
    expect(seen.map(({ authorization }) => authorization)).toEqual(['Basic YW5uOnNlY3JldA==', 'Bearer abc']);
  });

  it('may not have a schema, or one of another kind', async () => {
    replies = [{ status: 404, body: { error_code: 40403, message: 'Schema not found' } }];
    expect(await ask(open(), { id: 9 })).toEqual({ absent: 'the schema registry does not have it' });
    replies = [{ status: 200, body: { schema: 'syntax = "proto3";', schemaType: 'PROTOBUF' } }];
    expect(await ask(open(), { id: 9 })).toEqual({ absent: 'it is one of PROTOBUF, not of Avro' });
    replies = [{ status: 200, body: { schema: '"x.Y"', references: [{ name: 'x.Y' }] } }];
    expect(await ask(open(), { id: 9 })).toEqual({ absent: 'it refers to other schemas, which is not supported yet' });
  });

  it('is asked again where it fails, and by its next address', async () => {
    replies = [
      { status: 503, body: {} },
      { status: 200, body: { schema: '"int"' } },
    ];
    expect(await ask(open({ 'avro-confluent.url': `http://127.0.0.1:1, ${url}/` }), { id: 7 })).toEqual({
      schema: '"int"',
    });
    expect(seen.length).toBe(2);
  });

  it('is named where it refuses', async () => {
    replies = [{ status: 409, body: { error_code: 409, message: 'Schema being registered is incompatible' } }];
    await expect(ask(open(), { subject: 's', schema: '"int"' })).rejects.toMatchObject({
      kind: 'schema-registry',
      message: `The schema registry at ${url} refused subject 's' (HTTP 409): Schema being registered is incompatible`,
    });
    replies = [{ status: 404, body: 'not a registry' }];
    await expect(ask(open(), { id: 7 })).rejects.toThrow('refused schema 7 (HTTP 404): no reason was given');
  });

  it('is named where it does not answer, and not asked for longer than the job lasts', async () => {
    const answerer = open({ 'avro-confluent.url': 'http://127.0.0.1:1' });
    const asked = ask(answerer, { id: 7 });
    answerer.close?.();
    await expect(asked).rejects.toThrow(/The schema registry at http:\/\/127\.0\.0\.1:1 does not answer: /);
  });

  it('is the same for two nodes with the same options', () => {
    const part = (registries: NodeRegistries) => registryCode(registries)!.parts[0];
    const [r, s] = ['http://r', 'http://s'].map((address) => given({ 'avro-confluent.url': address }));
    expect(part({ value: r })).toBe(part({ value: { ...r! } }));
    expect(part({ value: r })).not.toBe(part({ value: s }));
    expect(part({ value: r })).not.toBe(part({ key: r }));
    expect(registryCode({})).toBeUndefined();
  });
});
