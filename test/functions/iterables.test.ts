// Iterables as sources: their rows, how far ahead they are read, their errors, and how they end.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { blackhole, count, Job, type SabotError, t, tumble } from '../../lib/index.js';
import { byId, collect, Everything, everything, jobOf, SETTINGS } from './rows.js';

const Tick = t.row({ id: t.int(), at: t.timestamp(3) });
const ticks = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ id: from + i, at: (from + i) * 1000 }));

async function* slowly<R>(rows: Iterable<R>): AsyncGenerator<R> {
  for (const row of rows) {
    await sleep(0);
    yield row;
  }
}

describe.each(SETTINGS)('with parallelism $parallelism and batches of $batch', (setting) => {
  it('rows of every type come from arrays, generators and async generators', async () => {
    const rows = everything(40);
    const job = () => jobOf(setting);
    expect(byId(await collect(job().source(rows, Everything)))).toEqual(rows);
    expect(byId(await collect(job().source(rows.values(), Everything)))).toEqual(rows);
    expect(byId(await collect(job().source(slowly(rows), Everything)))).toEqual(rows);
    const made = job().source(() => slowly(rows), Everything);
    expectTypeOf(await collect(made)).toEqualTypeOf<(typeof rows)[number][]>();
    expect(byId(await collect(made))).toEqual(rows);
    expect(byId(await collect(made))).toEqual(rows);
  });

  it('of several in one job, each has its own columns', async () => {
    const job = jobOf(setting);
    const few = job.source([{ word: 'a' }, { word: 'b' }], t.row({ word: t.string() }));
    const rows = everything(20);
    const [words, all] = await Promise.all([collect(few), collect(job.source(rows, Everything))]);
    expect(words.map(({ word }) => word).sort()).toEqual(['a', 'b']);
    expect(byId(all)).toEqual(rows);
  });

  it('they have event time and windows like any other', async () => {
    const counts = jobOf(setting)
      .source(slowly(ticks(0, 35)), Tick)
      .watermark((tick) => tick.at)
      .window(tumble('10 s'))
      .aggregate({ n: count() });
    expect((await collect(counts)).map(({ n }) => n)).toEqual([10n, 10n, 10n, 5n]);
  });
});

describe('an iterable', () => {
  const setting = SETTINGS[1]!;

  it('gives what it has without waiting for a whole batch', async () => {
    const never = new Promise<never>(() => {});
    async function* twoThenNothing() {
      yield* ticks(0, 2);
      await never;
    }
    const seen: number[] = [];
    for await (const { id } of jobOf(SETTINGS[0]!).source(twoThenNothing(), Tick)) {
      seen.push(id);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([0, 1]);
  });

  it('is read no further ahead than the job gets on, and returned when the loop is left', async () => {
    let given = 0;
    let returned = false;
    function* endless() {
      try {
        for (;;) yield { id: given++, at: 0, text: 'x'.repeat(1000) };
      } finally {
        returned = true;
      }
    }
    const Long = t.row({ ...Tick.fields, text: t.string() });
    let taken = 0;
    for await (const row of jobOf(setting).source(endless(), Long, { unbounded: true })) {
      expect(row.id).toBe(taken++);
      if (taken % 50 === 0) await sleep(5);
      if (taken === 500) break;
    }
    expect(returned).toBe(true);
    // 8 MiB wait to be taken, and some more is in channels.
    expect(given).toBeLessThan(40_000);
  });

  it('is returned when the job is cancelled or fails', async () => {
    const returned: string[] = [];
    async function* endless(name: string) {
      try {
        for (let id = 0; ; id++) {
          yield { id, at: 0 };
          await sleep(0);
        }
      } finally {
        returned.push(name);
      }
    }
    const cancelled = jobOf(setting);
    cancelled.source(endless('cancelled'), Tick).to(blackhole());
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    await expect(cancelled.run({ signal: stop.signal })).rejects.toMatchObject({ code: 'SABOT_E_CANCELLED' });
    const failing = jobOf(setting).source(endless('failed'), Tick);
    await expect(
      collect(
        failing.filter((tick) => {
          if (tick.id > 20) throw new Error('enough');
          return true;
        }),
      ),
    ).rejects.toThrow('enough');
    await sleep(0);
    expect(returned).toEqual(['cancelled', 'failed']);
  });

  it('fails the job with its error, after the rows before it', async () => {
    async function* failing() {
      yield* ticks(0, 10);
      throw new RangeError('no more');
    }
    const seen: number[] = [];
    const error = await (async () => {
      for await (const { id } of jobOf(setting).source(failing(), Tick)) seen.push(id);
    })().catch((e: SabotError) => e);
    expect(error).toMatchObject({
      code: 'SABOT_E_INPUT',
      kind: 'iterable',
      message: 'The iterable failed after 10 rows: RangeError: no more',
    });
    expect((error as SabotError).cause).toBeInstanceOf(RangeError);
    expect(seen.length).toBeGreaterThanOrEqual(7);
  });

  it('says which row has no value of its column', async () => {
    const wrong = [...ticks(0, 3), { id: 3.5, at: 0 }];
    await expect(collect(jobOf(setting).source(wrong, Tick))).rejects.toThrow(
      "Row 4 of the iterable has a wrong 'id': { id: 3.5, at: 0 }: 3.5 is no INT NOT NULL",
    );
    const none = [1 as never];
    await expect(collect(jobOf(setting).source(none, Tick))).rejects.toThrow(
      'Row 1 of the iterable is none: 1: 1 is no ROW',
    );
  });

  it('that can be read once is read by one job only', async () => {
    const once = slowly(ticks(0, 5));
    expect(await collect(jobOf(setting).source(once, Tick))).toHaveLength(5);
    await expect(collect(jobOf(setting).source(once, Tick))).rejects.toThrow('Give a function that makes it anew');
  });

  it('without end cannot be asked for final rows', async () => {
    const updating = jobOf(setting)
      .source(slowly(ticks(0, 5)), Tick, { unbounded: true })
      .keyBy((tick) => tick.id)
      .aggregate({ n: count() });
    await expect(collect(updating)).rejects.toThrow('updating stream without end');
  });

  it('must have the rows that its schema says', () => {
    const job = new Job('types');
    // @ts-expect-error: `at` is missing
    job.source([{ id: 1 }], Tick);
    // @ts-expect-error: an iterable needs its schema
    expect(() => job.source([{ id: 1, at: 0 }])).toThrow('needs the type of its rows');
    // @ts-expect-error: a bigint is no number
    job.source([{ id: 1n, at: 0 }], Tick);
  });
});

describe('streams of one job', () => {
  it('share one run if their loops begin together', async () => {
    let made = 0;
    const job = jobOf(SETTINGS[2]!);
    const all = job.source(() => {
      made++;
      return slowly(ticks(0, 30));
    }, Tick);
    const odd = all.filter((tick) => tick.id % 2 === 1);
    const pairs = all.map((tick) => ({ pair: Math.floor(tick.id / 2) }));
    const [ids, odds, halves] = await Promise.all([collect(all), collect(odd), collect(pairs)]);
    expect(made).toBe(1);
    expect(byId(ids)).toEqual(ticks(0, 30));
    expect(byId(odds)).toEqual(ticks(0, 30).filter(({ id }) => id % 2 === 1));
    expect(halves).toHaveLength(30);
  });

  it('run with the job, too', async () => {
    let made = 0;
    const job = jobOf(SETTINGS[1]!);
    const all = job.source(() => {
      made++;
      return ticks(0, 30);
    }, Tick);
    all.to(blackhole());
    const running = job.run();
    expect(await collect(all.filter((tick) => tick.id > 20))).toHaveLength(9);
    await running;
    expect(made).toBe(1);
    await job.run();
    expect(made).toBe(2);
  });

  it('go on when one of their loops is left', async () => {
    const job = jobOf(SETTINGS[1]!);
    const all = job.source(ticks(0, 3000), Tick);
    const first = async () => {
      for await (const { id } of all) return id;
      return undefined;
    };
    const [id, rest] = await Promise.all([first(), collect(all.map((tick) => ({ id: tick.id })))]);
    expect(id).toBe(0);
    expect(rest).toHaveLength(3000);
  });

  it('all hear of an error', async () => {
    const job = jobOf(SETTINGS[1]!);
    const all = job.source(ticks(0, 30), Tick);
    const bad = all.filter(() => {
      throw new Error('bad');
    });
    const results = await Promise.allSettled([collect(all), collect(bad)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('are not started twice at once', async () => {
    const job = jobOf(SETTINGS[1]!);
    job.source(ticks(0, 3), Tick).to(blackhole());
    const first = job.run();
    await expect(job.run()).rejects.toThrow('started twice at once');
    await first;
  });
});
