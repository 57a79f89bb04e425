// generator: the events of Nexmark as JSON lines. The engine's `nexmark` connector makes the same rows of the same seed.
//
//   epochs of 50 events: 1 person, 3 auctions, 46 bids; event i is at 2024-01-01 00:00 + i * 1000 / rate ms
//
// State: the random sequence and the counts so far. Every draw has its place in the sequence: the order of calls is the format.

export const TABLES = ['person', 'auction', 'bid'] as const;
export type TableName = (typeof TABLES)[number];

export interface GeneratorOptions {
  readonly seed?: number;
  /** Events per second of event time. */
  readonly rate?: number;
  /** An event may carry a time up to this much earlier than its place in the sequence. */
  readonly outOfOrderMs?: number;
}

export interface NexmarkEvent {
  readonly table: TableName;
  /** One JSON object, without the end of line. */
  readonly line: string;
}

const START_MS = Date.UTC(2024, 0, 1);
const EPOCH_EVENTS = 50;
const AUCTIONS_PER_EPOCH = 3;
const FIRST_PERSON = 1000;
const FIRST_AUCTION = 1000;
const FIRST_CATEGORY = 10;
const NUM_CATEGORIES = 5;
const NUM_CHANNELS = 1000;
/** The hot auction, bidder and seller are the first of the latest hundred. */
const HOT_STEP = 100;
/** One in so many is not hot. */
const HOT_AUCTION_RATIO = 2;
const HOT_BIDDER_RATIO = 4;
const HOT_SELLER_RATIO = 4;
const ACTIVE_PEOPLE = 1000;
const AUCTIONS_IN_FLIGHT = 100;
const TAPE_LENGTH = 1 << 16;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const FIRST_NAMES = 'Peter Paul Luke John Saul Vicky Kate Julie Sarah Deiter Walter'.split(' ');
const LAST_NAMES = 'Shultz Abrams Spencer White Bartels Walton Smith Jones Noris'.split(' ');
const CITIES = 'Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne'.split(',');
const STATES = 'AZ CA ID OR WA WY'.split(' ');
const HOT_CHANNELS = 'Google Facebook Baidu Apple'.split(' ');

interface Channel {
  readonly name: string;
  readonly url: string;
}

/** The first of the latest hundred of `count` ids. */
const hotOf = (count: number): number => Math.floor((count - 1) / HOT_STEP) * HOT_STEP;

export class NexmarkGenerator {
  readonly counts: Record<TableName, number> = { person: 0, auction: 0, bid: 0 };
  private random: number;
  private event = 0;
  private readonly rate: number;
  private readonly outOfOrderMs: number;
  private readonly tape: string;
  private readonly channels: readonly Channel[];
  private readonly hotChannels: readonly Channel[];
  private second = Number.NaN;
  private secondText = '';

  constructor({ seed = 42, rate = 10_000, outOfOrderMs = 0 }: GeneratorOptions = {}) {
    this.rate = rate;
    this.outOfOrderMs = outOfOrderMs;
    this.random = (seed * 2654435761) >>> 0 || 1;
    this.tape = Array.from({ length: TAPE_LENGTH }, () => (this.below(7) === 0 ? ' ' : this.letter())).join('');
    this.channels = Array.from({ length: NUM_CHANNELS }, (_, i) => {
      const url = this.url();
      const id = this.below(10) > 0 ? `&channel_id=${this.below(0x40000000)}` : '';
      return { name: `channel-${i}`, url: url + id };
    });
    this.hotChannels = HOT_CHANNELS.map((name) => ({ name, url: this.url() }));
  }

  next(): NexmarkEvent {
    const place = this.event % EPOCH_EVENTS;
    let time = START_MS + Math.floor((this.event * 1000) / this.rate);
    if (this.outOfOrderMs > 0) time = Math.max(START_MS, time - this.below(this.outOfOrderMs + 1));
    this.event++;
    if (place === 0) return { table: 'person', line: this.person(time) };
    if (place <= AUCTIONS_PER_EPOCH) return { table: 'auction', line: this.auction(time) };
    return { table: 'bid', line: this.bid(time) };
  }

  private person(time: number): string {
    const id = FIRST_PERSON + this.counts.person++;
    const name = `${this.oneOf(FIRST_NAMES)} ${this.oneOf(LAST_NAMES)}`;
    const card = `${this.digits4()} ${this.digits4()} ${this.digits4()} ${this.digits4()}`;
    const email = `${this.word(7)}@${this.word(5)}.com`;
    const place = `"city":"${this.oneOf(CITIES)}","state":"${this.oneOf(STATES)}"`;
    const who = `"id":${id},"name":"${name}","emailAddress":"${email}","creditCard":"${card}"`;
    return `{${who},${place},"dateTime":"${this.timeText(time)}","extra":"${this.filler(60, 60)}"}`;
  }

  private auction(time: number): string {
    const { person } = this.counts;
    const id = FIRST_AUCTION + this.counts.auction++;
    const seller = this.below(HOT_SELLER_RATIO) > 0 ? hotOf(person) : this.recent(person, ACTIVE_PEOPLE);
    const initialBid = this.price();
    // In this order: the quotients are rounded.
    const flightMs = ((((AUCTIONS_IN_FLIGHT * EPOCH_EVENTS) / AUCTIONS_PER_EPOCH) * 1000) / this.rate) * 2;
    const expires = time + 1 + this.below(Math.max(2, Math.floor(flightMs)));
    const what = `"itemName":"${this.filler(10, 10).trim()}","description":"${this.filler(60, 60)}"`;
    const money = `"initialBid":${initialBid},"reserve":${initialBid + this.price()}`;
    const times = `"dateTime":"${this.timeText(time)}","expires":"${this.timeText(expires)}"`;
    const category = FIRST_CATEGORY + this.below(NUM_CATEGORIES);
    const whose = `"seller":${FIRST_PERSON + seller},"category":${category}`;
    return `{"id":${id},${what},${money},${times},${whose},"extra":"${this.filler(100, 100)}"}`;
  }

  private bid(time: number): string {
    const { person, auction } = this.counts;
    this.counts.bid++;
    const onHot = this.below(HOT_AUCTION_RATIO) > 0;
    const bidOn = FIRST_AUCTION + (onHot ? hotOf(auction) : this.recent(auction, AUCTIONS_IN_FLIGHT));
    const byHot = this.below(HOT_BIDDER_RATIO) > 0;
    const bidder =
      FIRST_PERSON + (byHot ? Math.min(person - 1, hotOf(person) + 1) : this.recent(person, ACTIVE_PEOPLE));
    const { name, url } = this.oneOf(this.below(2) > 0 ? this.hotChannels : this.channels);
    const offer = `"auction":${bidOn},"bidder":${bidder},"price":${this.price()}`;
    const where = `"channel":"${name}","url":"${url}","dateTime":"${this.timeText(time)}"`;
    return `{${offer},${where},"extra":"${this.filler(20, 40)}"}`;
  }

  // --- draws

  /** xorshift on 32 bits: other languages reproduce it. */
  private draw(): number {
    let s = this.random;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.random = s >>> 0;
    return this.random;
  }

  private below(n: number): number {
    return this.draw() % n;
  }

  private oneOf<V>(values: readonly V[]): V {
    return values[this.below(values.length)]!;
  }

  /** One of the latest `window` ids of `count`. */
  private recent(count: number, window: number): number {
    return Math.max(0, count - 1 - this.below(Math.min(count, window)));
  }

  private price(): number {
    return Math.round(10 ** ((this.draw() / 2 ** 32) * 6) * 100);
  }

  private letter(): string {
    return LETTERS.charAt(this.below(LETTERS.length));
  }

  private word(length: number): string {
    let text = '';
    for (let i = 0; i < length; i++) text += this.letter();
    return text;
  }

  private digits4(): number {
    return 1000 + this.below(9000);
  }

  private url(): string {
    return `https://www.nexmark.com/${this.word(5)}/${this.word(5)}/${this.word(5)}/item.htm?query=1`;
  }

  /** A slice of the tape: at least `least` characters, fewer than `least + spread`. */
  private filler(least: number, spread: number): string {
    const length = least + this.below(spread);
    const from = this.below(TAPE_LENGTH - length);
    return this.tape.slice(from, from + length);
  }

  private timeText(ms: number): string {
    const second = Math.floor(ms / 1000);
    if (second !== this.second) {
      this.second = second;
      this.secondText = new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ');
    }
    return `${this.secondText}.${String(ms - second * 1000).padStart(3, '0')}`;
  }
}
