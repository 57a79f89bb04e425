// held-commit: the request that ends a transaction is kept back on its way, as a slow network would; its connection breaks, the client asks
// again and goes on, and the old request arrives once the next transaction of the same id has rows.
//
//   EndTxn ──> kept    EndTxn again ──> broker: committed    rows of the next transaction ──> broker    the kept one ──> broker
//
// Brokers know that copy only by the producer's epoch.

import { connect } from 'node:net';
import type { Passing, Proxy } from '../../kafka/proxy.js';
import { A_ROW } from './job.js';

const ANSWER_MS_MAX = 10_000;

export interface Node {
  readonly proxy: Proxy;
  /** Where its broker listens. */
  readonly target: number;
}

export class HeldCommit {
  /** The broker's answer to what was held: an error's number, 0 if it took it. */
  readonly delivered: Promise<number>;
  private deliver: (answer: Promise<number>) => void = () => {};
  private held: { readonly bytes: Buffer; readonly id: Buffer; readonly target: number } | undefined;
  private hasRows = false;
  private committed = false;
  /** The request with rows of the next transaction. */
  private next: number | undefined;

  constructor(private readonly nodes: readonly Node[]) {
    this.delivered = new Promise((resolve) => {
      this.deliver = resolve;
    });
    for (const { proxy, target } of nodes) {
      proxy.hooks = {
        onRequest: (passing) => this.request(passing, target),
        onResponse: (passing) => this.response(passing),
      };
    }
  }

  stop(): void {
    for (const { proxy } of this.nodes) proxy.hooks = {};
  }

  private request({ api, bytes }: Passing, target: number): boolean {
    if (api === 'Produce' && bytes.includes(A_ROW)) {
      this.hasRows = true;
      const isNext = this.held !== undefined && this.committed && bytes.includes(this.held.id);
      if (isNext) this.next ??= numberOf(bytes);
    }
    if (api !== 'EndTxn' || this.held !== undefined || !this.hasRows) return true;
    this.held = { bytes: Buffer.from(bytes), id: transactionalId(bytes), target };
    return false;
  }

  private response({ api, bytes }: Passing): boolean {
    if (this.held === undefined) return true;
    if (api === 'EndTxn') this.committed = true;
    if (api === 'Produce' && this.next !== undefined && bytes.readInt32BE(4) === this.next) {
      this.next = undefined;
      this.stop();
      this.deliver(send(this.held.bytes, this.held.target));
    }
    return true;
  }
}

const numberOf = (request: Buffer): number => request.readInt32BE(8);

/** Behind size, API, version and number come the client's name and, from version 3 on in the compact encoding, the id. */
function transactionalId(request: Buffer): Buffer {
  const version = request.readInt16BE(6);
  const nameLength = request.readInt16BE(12);
  const at = 14 + Math.max(0, nameLength);
  if (version < 3) return request.subarray(at + 2, at + 2 + request.readInt16BE(at));
  return request.subarray(at + 2, at + 2 + request[at + 1]! - 1);
}

/** Sends a request of EndTxn on a connection of its own; its error. */
function send(request: Buffer, port: number): Promise<number> {
  const isCompact = request.readInt16BE(6) >= 3;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy(new Error('the broker does not answer a held EndTxn')));
    socket.once('error', reject);
    socket.write(request);
    let answer = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      answer = Buffer.concat([answer, bytes]);
      // Size, number, (tags,) throttle time, error.
      const at = 8 + (isCompact ? 1 : 0) + 4;
      if (answer.length < at + 2) return;
      resolve(answer.readInt16BE(at));
      socket.destroy();
    });
  });
}
