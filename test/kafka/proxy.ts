// proxy: stands between a client and a broker, byte for byte, and tells what requests go by; a test may hold one back, or kill
// the client before it goes on, or before its answer comes back.
//
//   client ── EndTxn ──> proxy ── onRequest('EndTxn') ──> broker ── answer ──> proxy ── onResponse('EndTxn') ──> client
//
// Requests begin with their size, the number of the API and a number that the answer repeats.

import { createServer, connect as open, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';

/** Numbers of Kafka's protocol that tests look for. */
const APIS: Readonly<Record<number, string>> = {
  0: 'Produce',
  22: 'InitProducerId',
  24: 'AddPartitionsToTxn',
  25: 'AddOffsetsToTxn',
  26: 'EndTxn',
  28: 'TxnOffsetCommit',
};

export interface Passing {
  /** Kafka's word, or its number as text where tests do not care. */
  readonly api: string;
  /** The bytes of a request; of an answer those of the answer. */
  readonly bytes: Buffer;
}

export interface ProxyHooks {
  /** Waited for before the request goes on; false: it is dropped, with its connection. */
  readonly onRequest?: (passing: Passing) => Promise<boolean> | boolean;
  /** Waited for before the answer goes back; false likewise. */
  readonly onResponse?: (passing: Passing) => Promise<boolean> | boolean;
}

const FREE_WITHIN_MS = 60_000;

/** False: somebody else has the port. */
function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(port, HOST, () => resolve(true));
  });
}

export class Proxy implements AsyncDisposable {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    public hooks: ProxyHooks,
  ) {}

  /** Listens on `port` and passes on to `target`, both of this machine. Where another test has the port it waits for it. */
  static async listen(port: number, target: number, hooks: ProxyHooks = {}): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server, hooks);
    server.on('connection', (client) => proxy.serve(client, target));
    const deadline = Date.now() + FREE_WITHIN_MS;
    while (!(await listens(server, port))) {
      if (Date.now() > deadline) throw new Error(`port ${port} is not free within ${FREE_WITHIN_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(client: Socket, target: number): void {
    const broker = open(target, HOST);
    const asked = new Map<number, string>();
    const end = (): void => {
      for (const socket of [client, broker]) {
        socket.destroy();
        this.sockets.delete(socket);
      }
    };
    for (const socket of [client, broker]) {
      this.sockets.add(socket);
      socket.on('error', end);
      socket.on('close', end);
    }
    relay(client, broker, end, async (frame) => {
      const api = frame.readInt16BE(4);
      const name = APIS[api] ?? String(api);
      asked.set(frame.readInt32BE(8), name);
      return (await this.hooks.onRequest?.({ api: name, bytes: frame })) ?? true;
    });
    relay(broker, client, end, async (frame) => {
      const number = frame.readInt32BE(4);
      const name = asked.get(number) ?? '';
      asked.delete(number);
      return (await this.hooks.onResponse?.({ api: name, bytes: frame })) ?? true;
    });
  }
}

/** Passes whole frames on, in order, each once `look` has said so. */
function relay(from: Socket, to: Socket, end: () => void, look: (frame: Buffer) => Promise<boolean>): void {
  let rest = Buffer.alloc(0);
  let busy = Promise.resolve();
  from.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const frame = rest.subarray(0, 4 + rest.readInt32BE(0));
      rest = rest.subarray(frame.length);
      busy = busy.then(async () => {
        if (to.destroyed) return;
        if (await look(frame)) to.write(frame);
        else end();
      });
    }
  });
}
