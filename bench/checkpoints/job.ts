// job: runs a script and tells, as JSON on standard output, what its checkpoints were like.

import { readFileSync } from 'node:fs';
import type { CheckpointRecord } from '../../lib/job/metrics.js';
import { runScript } from '../../lib/job/run-script.js';

const POLL_MS = 100;

const records = new Map<number, CheckpointRecord>();
await runScript(readFileSync(process.argv[2]!, 'utf8'), {
  async query() {
    throw new Error('The script of a benchmark has INSERTs only.');
  },
  async rows() {},
  text() {},
  warning(message) {
    process.stderr.write(`${message}\n`);
  },
  job(job) {
    const timer = setInterval(() => {
      const record = job.metrics().checkpoints?.lastCompleted;
      if (record !== undefined) records.set(record.epoch, record);
    }, POLL_MS);
    return () => clearInterval(timer);
  },
});
process.stdout.write(JSON.stringify([...records.values()]));
