// `sabot run`: files that export a job, run one themselves, or do neither; mistakes in them; interruptions.

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandUnderTest, outcome } from './command.js';

const command = new CommandUnderTest();
const write = (name: string, text: string) => writeFileSync(join(command.folder, name), text);

const source = `
import { count, datagen, file, Job, print, t } from 'sabot';
const Row = t.row({ id: t.int(), v: t.string() });
export const job = new Job('numbers');
`;
const someRows = `${source}
job.source(file({ path: 't.jsonl', format: 'json', schema: Row })).filter((r) => r.id > 1).to(print());
`;
const endless = `${source}
job.source(datagen({ schema: Row, options: { 'rows-per-second': '100', 'fields.v.length': '3' } })).to(print());
`;

beforeAll(async () => {
  await command.build();
  write('t.jsonl', '{"id":1,"v":"a"}\n{"id":2,"v":"b"}\n');
  write('exports.ts', someRows);
  write('runs.ts', `${someRows} await job.run();`);
  write('nothing.ts', 'export const answer: number = 42;');
  write('wrong.ts', 'const x: = 3;');
  write('throws.ts', "\nfunction f(): never {\n  throw new TypeError('no such thing');\n}\nf();");
  write('endless.ts', endless);
  write('endless-runs.ts', `${endless} await job.run();`);
});
afterAll(() => command.remove());

describe('sabot run', () => {
  it.each(['exports.ts', 'runs.ts'])('%s: runs the job once', async (file) => {
    expect(await command.run('run', file)).toEqual({ code: 0, stdout: '+I[2, b]\n', stderr: '' });
  });

  it('leaves nothing behind', async () => {
    await command.run('run', 'exports.ts');
    expect(readdirSync(command.folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('says that a file ran no job', async () => {
    const { code, stderr } = await command.run('run', 'nothing.ts');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'error: nothing.ts ran no job: let it export one (export default job), or await job.run() itself.\n',
    });
  });

  it('shows where a file is wrong', async () => {
    const { code, stderr } = await command.run('run', 'wrong.ts');
    expect(code).toBe(2);
    expect(stderr).toContain('wrong.ts:1:9');
  });

  it('restores one job from a path, not a second one', async () => {
    write(
      'two.ts',
      `${someRows}
const other = new Job('other');
other.source(file({ path: 't.jsonl', format: 'json', schema: Row })).to(print());
const checkpoint = { dir: 'chk-two' };
await job.run({ checkpoint });
await other.run({ checkpoint });`,
    );
    expect(await command.run('run', 'two.ts')).toMatchObject({ code: 0 });
    const [name] = readdirSync(join(command.folder, 'chk-two/numbers')).filter((each) => each.startsWith('chk-'));
    const refused = await command.run('run', 'two.ts', '--restore', `chk-two/numbers/${name}`);
    expect(refused.code, refused.stderr).toBe(2);
    expect(refused.stderr).toContain(`restored checkpoint 1 from chk-two/numbers/${name}`);
    expect(refused.stderr).toContain("job 'numbers' goes on from it already");
  });

  it('restores, and leaves state behind only if it may', async () => {
    const job = (rest: string) => `${source}
      const rows = job.source(file({ path: 't.jsonl', format: 'json', schema: Row }));
      ${rest};
      await job.run({ checkpoint: { dir: 'chk' } });`;
    write('counts.ts', job('rows.keyBy((r) => r.v).countWindow(1).aggregate({ n: count() }).to(print())'));
    write('plain.ts', job('rows.to(print())'));
    expect(await command.run('run', 'counts.ts')).toMatchObject({ code: 0, stdout: '+I[a, 1]\n+I[b, 1]\n' });
    // Its last checkpoint is the end of the input: nothing is left to do.
    expect(await command.run('run', 'counts.ts', '--restore', 'latest')).toMatchObject({ code: 0, stdout: '' });
    const refused = await command.run('run', 'plain.ts', '--restore', 'latest');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('restore with --allow-non-restored-state');
    const allowed = await command.run('run', 'plain.ts', '--restore', 'latest', '--allow-non-restored-state');
    expect({ code: allowed.code, stdout: allowed.stdout }).toEqual({ code: 0, stdout: '' });
  });

  it("shows where a file's own code failed", async () => {
    const { code, stderr } = await command.run('run', 'throws.ts');
    expect(code).toBe(1);
    expect(stderr).toMatch(/TypeError: no such thing\n +at f \(.*throws\.ts:3:9\)/);
  });

  it('exits with 2 for a file that is not there', async () => {
    expect((await command.run('run', 'missing.ts')).code).toBe(2);
  });

  it.each([
    ['endless.ts', 'SIGINT', 130],
    ['endless-runs.ts', 'SIGINT', 130],
    ['endless-runs.ts', 'SIGTERM', 143],
  ] as const)('%s: %s ends it after a whole line', async (file, signal, expected) => {
    const child = command.start('run', file);
    child.stdout.once('data', () => child.kill(signal));
    const { code, stdout, stderr } = await outcome(child);
    expect({ code, stderr }).toEqual({ code: expected, stderr: 'interrupted\n' });
    expect(stdout).toMatch(/^(\+I\[-?\d+, [0-9a-f]{3}\]\n)+$/);
    expect(readdirSync(command.folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
