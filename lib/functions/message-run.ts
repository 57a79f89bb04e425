// Hands batches to the engine that are Arrow IPC messages already: rows that another engine has read.
//
//   for await (const message of messages)   ->   one reply each
//
// State: the iterator. It is asked for the next message when the engine asks.

import type { Answerer } from '../plan/user-function.js';
import { REPLY_HEADER_BYTES } from './results.js';

const MORE = 1;

export class MessageRun implements Answerer {
  private readonly iterator: AsyncIterator<Uint8Array>;

  constructor(messages: AsyncIterable<Uint8Array>) {
    this.iterator = messages[Symbol.asyncIterator]();
  }

  async answer(): Promise<Uint8Array> {
    const next = await this.iterator.next();
    if (next.done === true) return new Uint8Array(REPLY_HEADER_BYTES);
    const reply = new Uint8Array(REPLY_HEADER_BYTES + next.value.byteLength);
    reply[0] = MORE;
    reply.set(next.value, REPLY_HEADER_BYTES);
    return reply;
  }

  async close(): Promise<void> {
    await this.iterator.return?.();
  }
}
