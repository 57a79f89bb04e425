// Letters in files: a job writes them to a folder, `sabot dlq` lists them, and says why it does not re-drive them.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CommandUnderTest } from '../cli/command.js';
import { inJobFolder } from './in-job-folder.js';
import { type JobFolder, until } from './job-folder.js';

const TIMEOUT_MS = 60_000;
let jobs: JobFolder;
const command: CommandUnderTest = inJobFolder((made) => {
  jobs = made;
});

const LETTERS =
  '`value` BYTES, `key` BYTES, `headers` ARRAY<ROW<`name` STRING, `value` BYTES>>, `topic` STRING, `partition` INT, `offset` BIGINT, `timestamp` TIMESTAMP_LTZ(3), `file` STRING, `error` STRING, `job` STRING, `operator` STRING, `failed_at` TIMESTAMP_LTZ(3), `attempts` INT';
const script = (format = 'json', settings = '') => `${settings}
SET 'pipeline.name' = 'mended';
CREATE TABLE letters (${format === 'json' ? LETTERS : '`error` STRING'}) WITH ('connector' = 'filesystem', 'path' = 'letters', 'format' = '${format}');
CREATE TABLE i (id INT) WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json', 'scan.on-error' = 'dead-letter', 'dead-letter.table' = 'letters');
CREATE TABLE more (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10');
CREATE TABLE o (id BIGINT) WITH ('connector' = 'blackhole');
${settings === '' ? 'INSERT INTO o SELECT id FROM i;' : 'INSERT INTO o SELECT id FROM i UNION ALL SELECT id FROM more;'}`;
const dlq = (...args: string[]) => jobs.start(['dlq', ...args]).ended;

describe('dead letters in files', () => {
  it(
    'are listed by their folder, and are not re-driven',
    async () => {
      writeFileSync(join(jobs.path, 'in.json'), '{"id":1}\nno\n{"id":2}\n{"id":"x"}\n');
      expect(await dlq('list', '--path', 'letters'), 'there are none as yet').toMatchObject({ code: 0, stdout: '' });
      const ran = await jobs.sql(script()).ended;
      expect(ran, ran.stderr).toMatchObject({ code: 0 });
      const listed = await dlq('list', '--path', 'letters');
      expect(listed, listed.stderr).toMatchObject({ code: 0 });
      const letters = listed.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(letters.map(({ value, offset }) => [Buffer.from(value, 'base64').toString(), offset])).toEqual([
        ['no', 9],
        ['{"id":"x"}', 21],
      ]);
      expect(letters[0]).toMatchObject({ topic: null, job: 'mended', operator: 'file_source:i', attempts: 1 });
      expect(letters[0].at).toBeUndefined();
      const table = await dlq('list', '--path', 'letters', '--output', 'table', '--limit', '1');
      expect(table.stdout).toContain('in.json');
      expect(table.stdout).toContain('There are more: --limit N');
      const refused = await dlq('redrive', '--path', 'letters');
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(
        'letters are in files, where nothing remembers which of them have been re-driven',
      );
    },
    TIMEOUT_MS,
  );

  it.each(['json', 'csv'])(
    'of a running job are found by its name, in %s',
    async (format) => {
      writeFileSync(join(jobs.path, 'in.json'), 'no\n');
      const settings = "SET 'execution.checkpointing.dir' = 'chk'; SET 'execution.checkpointing.interval' = '50 ms';";
      const run = jobs.sql(script(format, settings));
      await until(() => jobs.newestEpoch('mended') > 3, run);
      // From another folder: its path is the job's.
      const listed = await command.run('dlq', 'list', 'mended', '--dir', join(jobs.path, 'chk'));
      if (format === 'json') {
        expect(listed, listed.stderr).toMatchObject({ code: 0 });
        expect(JSON.parse(listed.stdout).error).toContain('in.json');
      } else {
        expect(listed.stderr).toContain("are 'csv': they are listed where they are 'json'");
      }
      const other = await dlq('list', 'mended', '--dir', 'chk', '--topic', 'x');
      expect(other.stderr).toContain(
        `Job 'mended' writes no dead letters there, but to --path ${join(jobs.path, 'letters')}.`,
      );
      const cancelled = await jobs.start(['cancel', 'mended', '--dir', 'chk']).ended;
      expect(cancelled, cancelled.stderr).toMatchObject({ code: 0 });
      await run.ended;
    },
    TIMEOUT_MS,
  );
});
