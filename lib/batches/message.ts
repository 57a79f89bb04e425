// One Arrow IPC message: a batch of rows as bytes, read without a copy and written with one.
//
//   FFFFFFFF | metadata size | metadata (flatbuffer: length, nodes, buffers) | body (buffers, each at a multiple of 8)
//
// Only what a record batch needs; the schema is known to both sides. `apache-arrow` reads the same bytes. No state.

/** A column or nested column of a batch: its rows, and how many of them are NULL. */
export interface MessageNode {
  readonly length: number;
  readonly nullCount: number;
}

export interface Message {
  readonly length: number;
  readonly nodes: readonly MessageNode[];
  /** Views into the message; empty where a buffer is left out. */
  readonly buffers: readonly Uint8Array[];
}

const CONTINUATION = 0xffffffff;
const RECORD_BATCH = 3;
const VERSION_5 = 4;

/** Reads the first record batch in `bytes`: a message of its own, or a stream that begins with its schema. */
export function readMessage(bytes: Uint8Array): Message {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; ; ) {
    if (view.getUint32(at, true) !== CONTINUATION) throw new Error('these bytes are no Arrow IPC message');
    const metadata = at + 8;
    const body = metadata + view.getInt32(at + 4, true);
    const message = metadata + view.getUint32(metadata, true);
    if (view.getUint8(field(view, message, 1)) === RECORD_BATCH) {
      const header = field(view, message, 2);
      return recordBatch(view, header + view.getUint32(header, true), bytes, body);
    }
    const bodyLength = field(view, message, 3);
    at = body + (bodyLength === 0 ? 0 : Number(view.getBigInt64(bodyLength, true)));
  }
}

function recordBatch(view: DataView, table: number, bytes: Uint8Array, body: number): Message {
  const length = field(view, table, 0);
  const pairs = (index: number): [number, number][] => {
    const slot = field(view, table, index);
    if (slot === 0) return [];
    const vector = slot + view.getUint32(slot, true);
    return Array.from({ length: view.getUint32(vector, true) }, (_, i) => {
      const pair = vector + 4 + 16 * i;
      return [Number(view.getBigInt64(pair, true)), Number(view.getBigInt64(pair + 8, true))];
    });
  };
  return {
    length: length === 0 ? 0 : Number(view.getBigInt64(length, true)),
    nodes: pairs(1).map(([rows, nullCount]) => ({ length: rows, nullCount })),
    buffers: pairs(2).map(([offset, size]) => bytes.subarray(body + offset, body + offset + size)),
  };
}

/** Where field `index` of a flatbuffer table lies; 0 if it is left out. */
function field(view: DataView, table: number, index: number): number {
  const vtable = table - view.getInt32(table, true);
  const slot = 4 + 2 * index;
  if (slot >= view.getUint16(vtable, true)) return 0;
  const offset = view.getUint16(vtable + slot, true);
  return offset === 0 ? 0 : table + offset;
}

const padded = (size: number): number => (size + 7) & ~7;

// The metadata's fixed part, byte by byte: root offset, Message's vtable and table, RecordBatch's vtable and table.
const MESSAGE_TABLE = 16;
const BATCH_TABLE = 48;
const NODES = 68;

/** Writes a batch behind `prefix` bytes that are left to the caller (a multiple of 8). */
export function writeMessage(
  length: number,
  nodes: readonly MessageNode[],
  buffers: readonly Uint8Array[],
  prefix = 0,
): Uint8Array {
  const bufferVector = NODES + 4 + 16 * nodes.length + 4;
  const metadataSize = padded(bufferVector + 4 + 16 * buffers.length);
  const bodySize = buffers.reduce((size, buffer) => size + padded(buffer.byteLength), 0);
  const body = prefix + 8 + metadataSize;
  const bytes = new Uint8Array(body + bodySize);
  bytes.fill(0xff, prefix, prefix + 4);
  new DataView(bytes.buffer).setInt32(prefix + 4, metadataSize, true);

  const view = new DataView(bytes.buffer, prefix + 8, metadataSize);
  view.setUint32(0, MESSAGE_TABLE, true);
  setUint16s(view, 4, [12, 20, 16, 18, 4, 8]);
  view.setInt32(MESSAGE_TABLE, MESSAGE_TABLE - 4, true);
  view.setUint32(MESSAGE_TABLE + 4, BATCH_TABLE - (MESSAGE_TABLE + 4), true);
  view.setBigInt64(MESSAGE_TABLE + 8, BigInt(bodySize), true);
  view.setInt16(MESSAGE_TABLE + 16, VERSION_5, true);
  view.setUint8(MESSAGE_TABLE + 18, RECORD_BATCH);
  setUint16s(view, 36, [10, 20, 8, 4, 16]);
  view.setInt32(BATCH_TABLE, BATCH_TABLE - 36, true);
  view.setUint32(BATCH_TABLE + 4, NODES - (BATCH_TABLE + 4), true);
  view.setBigInt64(BATCH_TABLE + 8, BigInt(length), true);
  view.setUint32(BATCH_TABLE + 16, bufferVector - (BATCH_TABLE + 16), true);

  view.setUint32(NODES, nodes.length, true);
  nodes.forEach((node, i) => {
    view.setBigInt64(NODES + 4 + 16 * i, BigInt(node.length), true);
    view.setBigInt64(NODES + 12 + 16 * i, BigInt(node.nullCount), true);
  });
  view.setUint32(bufferVector, buffers.length, true);
  let offset = 0;
  buffers.forEach((buffer, i) => {
    view.setBigInt64(bufferVector + 4 + 16 * i, BigInt(offset), true);
    view.setBigInt64(bufferVector + 12 + 16 * i, BigInt(buffer.byteLength), true);
    bytes.set(buffer, body + offset);
    offset += padded(buffer.byteLength);
  });
  return bytes;
}

function setUint16s(view: DataView, at: number, values: readonly number[]): void {
  values.forEach((value, i) => {
    view.setUint16(at + 2 * i, value, true);
  });
}
