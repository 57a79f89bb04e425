// What is known of a function from its text: which columns it reads, whether it may keep its row, and what it gives.

import { describe, expect, it } from 'vitest';
import { resolveFunction } from '../../lib/functions/resolve.js';
import { t } from '../../lib/schema/t.js';
import { printType, type Schema } from '../../lib/schema/types.js';

const Row = t.row({
  id: t.int(),
  price: t.bigint(),
  rate: t.double(),
  name: t.string(),
  note: t.string().nullable(),
  at: t.timestamp(3),
  day: t.date(),
  tags: t.array(t.string()),
  place: t.row({ city: t.string(), zip: t.int().nullable() }),
});
type Row = {
  readonly id: number;
  readonly price: bigint;
  readonly rate: number;
  readonly name: string;
  readonly note: string | null;
  readonly at: number;
  readonly day: string;
  readonly tags: readonly string[];
  readonly place: { readonly city: string; readonly zip: number | null };
};
const schema: Schema = Row.type.kind === 'ROW' ? Row.type.fields : [];

// biome-ignore lint/suspicious/noExplicitAny: a function whose type is not known
const f = (..._: any[]): any => undefined;
const request = { use: 'map', gives: 'any', example: 'map(fn, { returns: … })' } as const;
const resolve = (fn: (row: Row) => unknown, returns?: Schema) =>
  resolveFunction(fn, schema, {
    ...request,
    returns: returns === undefined ? undefined : { kind: 'ROW', fields: returns, nullable: false },
  });
const filter = (fn: (row: Row) => unknown) =>
  resolveFunction(fn, schema, { use: 'filter', gives: 'value', returns: t.boolean().type, example: '' }).user!;
const reads = (fn: (row: Row) => unknown) => filter(fn).reads.map((i) => schema[i]!.name);

describe('what a function reads', () => {
  it.each<[string, (row: Row) => unknown, string[]]>([
    ['members', (r) => f(r.price, r.place.city), ['price', 'place']],
    ['members of a pattern', ({ price, name: n, rate = 1 }) => f(price, n, rate), ['price', 'name', 'rate']],
    [
      'what it takes out in a block',
      (r) => {
        const { id, name } = r;
        return f(id, name, r.rate);
      },
      ['id', 'name', 'rate'],
    ],
    ['nothing', () => f(1), []],
  ])('is %s', (_, fn, names) => {
    expect(reads(fn)).toEqual(names);
    expect(filter(fn).keepsRow).toBe(false);
  });

  it.each<[string, (row: Row) => unknown]>([
    ['the row', (r) => f(r)],
    ['a member by a computed name', (r) => f(r[f() as 'name'])],
    ['the rest', ({ id, ...rest }) => f(id, rest)],
    ['a copy', (r) => f({ ...r })],
    [
      'another name for it',
      (r) => {
        const same = r;
        return f(same.id);
      },
    ],
    // biome-ignore lint/suspicious/noAssignInExpressions: that is what is tested
    ['a changed member', (r) => f(((r as { id: number }).id = 3))],
    ['what every object has', (r) => f(r.toString())],
    [
      'arguments',
      function (this: unknown) {
        // biome-ignore lint/complexity/noArguments: that is what is tested
        return f(arguments[0]);
      },
    ],
    ['what nobody can see', ((r: Row) => f(r.id)).bind(null)],
  ])('is the whole row if it is %s', (_, fn) => {
    const user = filter(fn);
    expect(user.reads).toHaveLength(schema.length);
    expect(user.keepsRow).toBe(true);
  });

  it('may be read later by a function within', () => {
    const user = filter((r) => f(() => r.id));
    expect(user.reads).toEqual([0]);
    expect(user.keepsRow).toBe(true);
  });

  it('must be there', () => {
    expect(() => reads((r) => f((r as unknown as { nmae: string }).nmae))).toThrow(
      "there is no column 'nmae'. Did you mean 'name'?",
    );
  });
});

describe('the types of what a function gives', () => {
  const outside = f();
  const typesOf = (fn: (row: Row) => unknown) => resolve(fn).columns.map(({ type }) => printType(type));

  it.each<[string, (row: Row) => unknown, string]>([
    ['text', (r) => f(r.name) + r.name.toUpperCase(), 'STRING NOT NULL'],
    ['a template', (r) => `${f(r)}`, 'STRING NOT NULL'],
    ['a comparison with what is outside', (r) => r.price > outside, 'BOOLEAN NOT NULL'],
    ['arithmetic with what is outside', (r) => r.price * outside, 'BIGINT NOT NULL'],
    ['numbers', (r) => Math.round(r.rate) + r.name.length, 'DOUBLE NOT NULL'],
    ['a length', (r) => r.name.trim().length, 'INT NOT NULL'],
    ['a choice', (r) => (f() ? r.note : 'x'), 'STRING'],
    ['a choice of numbers', (r) => (f() ? r.id : r.rate), 'DOUBLE NOT NULL'],
    ['null or a value', (r) => (f() ? null : r.price), 'BIGINT'],
    ['a fallback', (r) => r.note ?? String(f()), 'STRING NOT NULL'],
    ['times', (r) => r.at - Date.now(), 'DOUBLE NOT NULL'],
    ['elements', (r) => r.tags[0], 'STRING'],
    ['lists', (r) => [r.id, f() ? 1 : 2], 'ARRAY<DOUBLE NOT NULL> NOT NULL'],
    ['a test', (r) => /x/.test(r.name), 'BOOLEAN NOT NULL'],
    ['columns that are text in TypeScript', (r) => (f() ? r.day : r.name), 'STRING NOT NULL'],
    ['an awaited value', async (r) => `${await f(r.name)}`, 'STRING NOT NULL'],
    [
      'a constant of a block',
      (r) => {
        const twice = r.price * 2n;
        if (f()) return twice;
        return 0n;
      },
      'BIGINT NOT NULL',
    ],
  ])('%s', (_, fn, type) => expect(typesOf(fn)).toEqual([type]));

  it('of an object are those of its members, whichever return gives it', () => {
    const { columns, user } = resolve((r) => {
      if (f(r.id)) return { b: 'x', a: r.price };
      return { a: 0n, b: null };
    });
    expect(columns.map(({ name, type }) => `${name} ${printType(type)}`)).toEqual(['b STRING', 'a BIGINT NOT NULL']);
    expect(user?.gives).toBe('object');
  });

  it.each<[string, (row: Row) => unknown, RegExp]>([
    [
      'a call',
      (r) => ({ x: f(r.id) }),
      /The type of 'x' cannot be told from its text. Say it: map\(fn, \{ returns: … \}\)/,
    ],
    ['a value', (r) => f(r.id), /The type of its value cannot be told/],
    ['another object that is spread', (r) => ({ ...f(r) }), /What map gives cannot be told/],
    ['sums of what is not known', (r) => ({ x: r.price + f() }), /'x'/],
    [
      'a variable that changes',
      (r) => {
        let x: unknown = r.id;
        if (f()) x = r.name;
        return { x };
      },
      /'x'/,
    ],
    ['no text', ((r: Row) => r.id > 1).bind(null), /What map gives cannot be told/],
  ])('are not told by %s', (_, fn, message) => expect(() => resolve(fn)).toThrow(message));

  it('are refused where they can never be right', () => {
    expect(() => filter((r) => r.id)).toThrow(/filter gives a number instead of a boolean/);
    expect(() => resolve((r) => ({ x: `${f(r)}` }), [{ name: 'x', type: t.bigint().type }])).toThrow(
      /'x' gives a string instead of a bigint/,
    );
  });
});

describe('an object', () => {
  it('takes from V8 only what has no native form', () => {
    const { columns, user } = resolve((r) => ({ ...r, twice: r.rate * 2, tag: `${f(r.note)}`, name: 'x' }));
    const fromV8 = columns.filter(({ from }) => typeof from === 'number').map(({ name }) => name);
    expect(fromV8).toEqual(['tag']);
    expect(columns.map(({ name }) => name)).toEqual([...schema.map(({ name }) => name), 'twice', 'tag']);
    expect(user?.results.map(({ name }) => name)).toEqual(['tag']);
  });

  it('is checked natively, with V8 behind it, where only bigints could overflow', () => {
    const { columns, user } = resolve((r) => ({ id: r.id, total: r.price * r.price }));
    expect(columns.map(({ from }) => typeof from)).toEqual(['object', 'number']);
    expect(user?.native).toHaveLength(1);
  });

  it('is of the type that it is said to be, natively only if that is the same', () => {
    const said = resolve(
      (r) => ({ id: r.id, rate: r.rate, note: r.note }),
      [
        { name: 'note', type: t.string().type },
        { name: 'rate', type: t.float().type },
        { name: 'id', type: t.int().nullable().type },
      ],
    );
    const fromV8 = said.columns.filter(({ from }) => typeof from === 'number').map(({ name }) => name);
    expect(said.columns.map(({ name }) => name)).toEqual(['note', 'rate', 'id']);
    expect(fromV8).toEqual(['note', 'rate']);
    expect(said.user?.reason).toBe('it is said to give STRING NOT NULL, and compiled it gives STRING');
  });
});
