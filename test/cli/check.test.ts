// `sabot check`: what an edit of a script does to its states.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CommandUnderTest } from './command.js';

const command = new CommandUnderTest();
const at = (name: string) => join(command.folder, name);

beforeAll(() => command.build(), 60_000);
afterEach(() => {
  for (const name of ['sabot.lock', 'chk', 'out']) rmSync(at(name), { recursive: true, force: true });
});
afterAll(() => command.remove());

const script = (select: string, price = 'INT') => `SET 'execution.checkpointing.dir' = 'chk';
SET 'pipeline.name' = 'totals';
CREATE TABLE bids (auction BIGINT, price ${price}) WITH ('connector' = 'datagen', 'number-of-rows' = '5');
CREATE TABLE totals (auction BIGINT, n BIGINT, total BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO totals ${select};`;
const BEFORE = 'SELECT auction, COUNT(*), CAST(SUM(price) AS BIGINT) FROM bids GROUP BY auction';

async function check(text: string, ...args: string[]) {
  writeFileSync(at('job.sql'), text);
  const { stdout, ...rest } = await command.run('check', '-f', 'job.sql', ...args);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { ...rest, changes: lines.map((line) => JSON.parse(line) as Record<string, string>) };
}

const fateOf = (changes: readonly Record<string, string>[], operator: string) =>
  changes.find((change) => change['operator'] === operator);

describe('sabot check', () => {
  it('writes sabot.lock, and finds nothing changed in the same script', async () => {
    const first = await check(script(BEFORE));
    expect(first).toMatchObject({ code: 0, changes: [] });
    expect(first.stderr).toContain('wrote sabot.lock');
    expect(JSON.parse(readFileSync(at('sabot.lock'), 'utf8')).jobs.totals.operators.group_aggregate).toEqual({
      operator: 'group_aggregate',
      state: [
        ['auction', 'BIGINT', { of: 'key' }],
        ['COUNT(*)', 'BIGINT', { of: 'aggregate' }],
        ['SUM(price)', 'INT of INT', { of: 'aggregate' }],
      ],
      fingerprint: expect.stringMatching(/^[0-9a-f]{8}\.[0-9a-f]{8}$/),
    });
    const second = await check(script(BEFORE));
    expect(second.code).toBe(0);
    expect(new Set(second.changes.map(({ fate }) => fate))).toEqual(new Set(['kept']));
    expect(fateOf(second.changes, 'datagen_source')).toBeDefined();
    expect(fateOf(second.changes, 'filter')).toBeUndefined();
  });

  it('says which field of which operator is converted, and which no longer fits', async () => {
    await check(script(BEFORE));
    const widened = await check(script(BEFORE, 'BIGINT'));
    expect(widened.code).toBe(0);
    expect(fateOf(widened.changes, 'group_aggregate')).toMatchObject({
      job: 'totals',
      fate: 'migrated',
      detail: "'SUM(price)' was INT of INT and is BIGINT of BIGINT",
    });
    const narrowed = await check(script(BEFORE, 'SMALLINT'));
    expect(narrowed.code).toBe(1);
    expect(fateOf(narrowed.changes, 'group_aggregate')).toMatchObject({
      fate: 'changed',
      detail: "'SUM(price)' was INT of INT and is SMALLINT of SMALLINT",
    });
    const without = await check(script('SELECT auction, COUNT(*), CAST(0 AS BIGINT) FROM bids GROUP BY auction'));
    expect(fateOf(without.changes, 'group_aggregate')!['detail']).toBe("'SUM(price)' (INT of INT) is gone");
  });

  it('tells what is dropped, new, and goes on under another name', async () => {
    await check(script(BEFORE));
    const dropped = await check(script('SELECT auction, CAST(1 AS BIGINT), CAST(price AS BIGINT) FROM bids'));
    expect(dropped.code).toBe(1);
    expect(fateOf(dropped.changes, 'group_aggregate')).toMatchObject({ fate: 'dropped' });
    await check(script('SELECT auction, CAST(1 AS BIGINT), CAST(price AS BIGINT) FROM bids'), '--write');
    const added = await check(script(BEFORE));
    expect(added.code).toBe(0);
    expect(fateOf(added.changes, 'group_aggregate')).toMatchObject({ fate: 'new' });
    await check(script(BEFORE), '--write');
    const renamed = await check(script(BEFORE).replaceAll('price', 'amount'));
    expect(renamed.code).toBe(0);
    expect(fateOf(renamed.changes, 'group_aggregate')).toMatchObject({
      fate: 'renamed',
      detail: "'SUM(price)' is 'SUM(amount)' now",
    });
  });

  it('keeps an aggregate in two phases at another parallelism', async () => {
    const folded = `SET 'table.exec.mini-batch.enabled' = 'true';\n${script(BEFORE)}`;
    await check(folded, '--parallelism', '1');
    const { code, changes } = await check(folded, '--parallelism', '4');
    expect(code).toBe(0);
    expect(new Set(changes.map(({ fate }) => fate))).toEqual(new Set(['kept']));
  });

  it('compares with a checkpoint, whose restore then says the same', async () => {
    writeFileSync(at('job.sql'), script(BEFORE));
    expect(await command.run('sql', '-f', 'job.sql')).toMatchObject({ code: 0 });
    const checkpoint = JSON.parse((await command.run('jobs')).stdout);
    const against = `chk/totals/chk-${checkpoint.newestEpoch}-1`;
    expect(await check(script(BEFORE), '--against', against)).toMatchObject({ code: 0 });
    const narrowed = await check(script(BEFORE, 'SMALLINT'), '--against', against);
    expect(narrowed.code).toBe(1);
    const restored = await command.run('sql', '-f', 'job.sql', '--restore', 'latest');
    expect(restored.code).toBe(1);
    expect(restored.stderr).toContain(
      "the state of operator 'group_aggregate' (group_aggregate) cannot be restored: it has changed: 'SUM(price)' was INT of INT and is SMALLINT of SMALLINT",
    );
    const widened = await check(script(BEFORE, 'BIGINT'), '--against', against);
    expect(fateOf(widened.changes, 'group_aggregate')).toMatchObject({ fate: 'migrated' });
    expect(await command.run('sql', '-f', 'job.sql', '--restore', 'latest')).toMatchObject({ code: 0 });
  });

  it('tells of an edit that keeps the layout and not the meaning; so does a restore', async () => {
    const cheap = 'SELECT auction, COUNT(*), CAST(SUM(price) AS BIGINT) FROM bids WHERE price < 100 GROUP BY auction';
    writeFileSync(at('job.sql'), script(BEFORE));
    expect(await command.run('sql', '-f', 'job.sql')).toMatchObject({ code: 0 });
    await check(script(BEFORE));
    const suspect = { fate: 'suspect', detail: 'other rows come to it' };
    const filtered = await check(script(cheap));
    expect(filtered.code).toBe(0);
    expect(fateOf(filtered.changes, 'group_aggregate')).toMatchObject(suspect);
    const { newestEpoch } = JSON.parse((await command.run('jobs')).stdout);
    const against = await check(script(cheap), '--against', `chk/totals/chk-${newestEpoch}-1`);
    expect(fateOf(against.changes, 'group_aggregate')).toMatchObject(suspect);
    const restored = await command.run('sql', '-f', 'job.sql', '--restore', 'latest');
    expect(restored.code).toBe(0);
    expect(restored.stderr).toContain(
      "the state of operator 'group_aggregate' (group_aggregate) was made by another query: other rows come to it",
    );
    // From now on the checkpoints are of that query.
    const again = await command.run('sql', '-f', 'job.sql', '--restore', 'latest');
    expect(again).toMatchObject({ code: 0, stderr: expect.not.stringContaining('another query') });
  });

  it('plans the jobs of a TypeScript file without running them', async () => {
    const job = (type: string) => `import { blackhole, count, file, Job, print, sum, t } from 'sabot';
      const job = new Job('totals');
      const bids = job.source(file({ path: 'no-such-file.jsonl', format: 'json', schema: t.row({ auction: t.bigint(), price: t.${type}() }) }));
      bids.keyBy((b) => b.auction).countWindow(3).aggregate({ n: count(), total: sum((b) => b.price) }).to(blackhole());
      for await (const bid of bids) console.log(bid);
      await job.run();`;
    const checked = async (text: string, ...args: string[]) => {
      writeFileSync(at('job.ts'), text);
      return command.run('check', '-f', 'job.ts', ...args);
    };
    expect(await checked(job('bigint'))).toEqual({ code: 0, stdout: '', stderr: 'wrote sabot.lock\n' });
    expect(Object.keys(JSON.parse(readFileSync(at('sabot.lock'), 'utf8')).jobs)).toEqual(['totals']);
    const changed = await checked(job('int'));
    expect({ code: changed.code, stderr: changed.stderr }).toEqual({ code: 1, stderr: '' });
    const lines = changed.stdout.trimEnd().split('\n');
    expect(
      fateOf(
        lines.map((line) => JSON.parse(line)),
        'global_window',
      ),
    ).toMatchObject({ fate: 'changed' });
    expect(await checked('export const nothing = 1;')).toMatchObject({ code: 2 });
    expect(await checked(job('int'), '--define', 'A=B')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--define replaces names in an SQL script'),
    });
  });

  it('refuses what it cannot read', async () => {
    writeFileSync(at('sabot.lock'), '{"version":7}');
    expect(await check(script(BEFORE))).toMatchObject({ code: 2, stderr: expect.stringContaining('version 1') });
    expect(await check(script(BEFORE), '--against', 'nowhere')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nowhere/manifest.json cannot be read'),
    });
  });
});
