// Strings or bytes one after the other, with their offsets.
//
//   push('ab'), push('ü')   ->   offsets 0 2 4, bytes 61 62 c3 bc
//
// Strings are joined first and encoded at once: ASCII, which is the rule, needs no look at the single string then.

/** How long joined text may get before it is encoded. */
const JOINED_LENGTH_MAX = 1 << 22;
/** Arrow's offsets are 32 bits wide. */
const BYTES_MAX = 2 ** 31 - 1;
const UTF8_BYTES_MAX = 3;

export class TextWriter {
  private joined = '';
  /** Ends of the strings: in bytes up to `encodedRows`, from there on in characters of `joined`. */
  private ends = new Int32Array(1024);
  private length = 0;
  private encodedRows = 0;
  private encodedBytes = 0;
  private readonly encoded: Buffer[] = [];

  constructor(private readonly encoding: 'utf8' | 'hex') {}

  push(text: string): void {
    if (this.length === this.ends.length) {
      const wider = new Int32Array(this.ends.length * 2);
      wider.set(this.ends);
      this.ends = wider;
    }
    this.joined += text;
    this.ends[this.length++] = this.joined.length;
    if (this.joined.length > JOINED_LENGTH_MAX) this.encode();
  }

  bytes(): number {
    return this.encodedBytes + this.joined.length + 4 * this.length;
  }

  /** Offsets, then bytes. */
  finish(): [offsets: Uint8Array, bytes: Uint8Array] {
    this.encode();
    const offsets = new Int32Array(this.length + 1);
    offsets.set(this.ends.subarray(0, this.length), 1);
    return [new Uint8Array(offsets.buffer), this.encoded.length === 1 ? this.encoded[0]! : Buffer.concat(this.encoded)];
  }

  private encode(): void {
    const whole = Buffer.from(this.joined, this.encoding);
    const charactersPerByte = this.encoding === 'hex' ? 2 : 1;
    const bytes = whole.length * charactersPerByte === this.joined.length ? whole : undefined;
    if (bytes !== undefined) {
      for (let row = this.encodedRows; row < this.length; row++)
        this.ends[row] = this.encodedBytes + this.ends[row]! / charactersPerByte;
    }
    this.add(bytes ?? this.encodeEach());
  }

  /** Text beyond ASCII, string by string: halves of a surrogate pair in two strings are two broken characters, not one. */
  private encodeEach(): Buffer {
    const bytes = Buffer.allocUnsafe(this.joined.length * UTF8_BYTES_MAX);
    let start = 0;
    let size = 0;
    for (let row = this.encodedRows; row < this.length; row++) {
      const end = this.ends[row]!;
      size += bytes.write(this.joined.slice(start, end), size);
      this.ends[row] = this.encodedBytes + size;
      start = end;
    }
    return bytes.subarray(0, size);
  }

  private add(bytes: Buffer): void {
    this.encodedBytes += bytes.length;
    if (this.encodedBytes > BYTES_MAX) throw new Error('A column of one batch holds more than 2 GiB of text.');
    this.encoded.push(bytes);
    this.encodedRows = this.length;
    this.joined = '';
  }
}
