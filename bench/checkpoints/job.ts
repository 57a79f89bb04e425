// job: runs a script and tells, as JSON on standard output, what its checkpoints were like.
//
//   node job.mjs SCRIPT [latest|PATH]   ->   {"checkpoints":[{"epoch":1,…}],"restoreMs":0}

import { readFileSync } from 'node:fs';
import type { CheckpointRecord } from '../../lib/job/metrics.js';
import { runScript } from '../../lib/job/run-script.js';

export interface JobReport {
  readonly checkpoints: readonly CheckpointRecord[];
  readonly restoreMs: number;
}

const POLL_MS = 50;

const [, , script, restore] = process.argv;
const records = new Map<number, CheckpointRecord>();
let restoreMs = 0;
await runScript(
  readFileSync(script!, 'utf8'),
  {
    async query() {
      throw new Error('The script of a benchmark has INSERTs only.');
    },
    async rows() {},
    text() {},
    warning(message) {
      process.stderr.write(`${message}\n`);
    },
    job(job) {
      const look = () => {
        const checkpoints = job.metrics().checkpoints;
        if (checkpoints === undefined) return;
        restoreMs = checkpoints.restoreMs;
        if (checkpoints.lastCompleted !== undefined)
          records.set(checkpoints.lastCompleted.epoch, checkpoints.lastCompleted);
      };
      const timer = setInterval(look, POLL_MS);
      return () => {
        look();
        clearInterval(timer);
      };
    },
  },
  restore === undefined ? {} : { restore },
);
const report: JobReport = { checkpoints: [...records.values()], restoreMs };
process.stdout.write(JSON.stringify(report));
