// An address at which there is no broker: said by name, after a while that can be set.

import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCase } from '../parity/run-case.js';

const SOONER = `'properties.request.timeout.ms' = '500'`;

const table = (name: string, servers: string, options = '') =>
  `CREATE TABLE ${name} (id INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = '${servers}',
    'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = 'json', ${SOONER}${options});\n`;

const run = (script: string) => runCase(script, { parallelism: 2, settings: {}, results: 'final' });

/** What is said of an address that has not answered. */
const silence = (servers: string) =>
  expect.objectContaining({
    message: expect.stringContaining(
      `no Kafka broker of '${servers}' has answered within 500 ms; check 'properties.bootstrap.servers' and that the broker runs`,
    ),
  });

describe('an address without a broker', () => {
  let silent: Server;
  const sockets: Socket[] = [];
  let silentServers: string;
  beforeAll(async () => {
    silent = createServer((socket) => sockets.push(socket.on('error', () => {})));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    silentServers = `127.0.0.1:${(silent.address() as { port: number }).port}`;
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('fails a source, and names it', async () => {
    await expect(run(`${table('t', '127.0.0.1:1')}SELECT * FROM t;`)).rejects.toEqual(silence('127.0.0.1:1'));
  });

  it('fails a sink', async () => {
    await expect(run(`${table('t', '127.0.0.1:1')}INSERT INTO t VALUES (1);`)).rejects.toEqual(silence('127.0.0.1:1'));
  });

  it('fails where somebody listens who is no broker', async () => {
    await expect(run(`${table('t', silentServers)}SELECT * FROM t;`)).rejects.toEqual(silence(silentServers));
    expect(sockets.length).toBeGreaterThan(0);
    await expect(run(`${table('t', silentServers)}INSERT INTO t VALUES (1);`)).rejects.toEqual(silence(silentServers));
  });
});
