// job: runs a script and tells, as JSON on standard output, what its checkpoints were like.
//
//   node job.mjs SCRIPT [latest|PATH]   ->   {"checkpoints":[{"epoch":1,…}],"restoreMs":0}

import { readFileSync } from 'node:fs';
import type { CheckpointRecord } from '../../lib/job/metrics.js';
import { runScript } from '../../lib/job/run-script.js';

export interface JobReport {
  readonly checkpoints: readonly CheckpointRecord[];
  readonly restoreMs: number;
  /** State in memory, at most, of what was seen of it. */
  readonly stateBytesMax: number;
}

const POLL_MS = 50;

const [, , script, restore] = process.argv;
const records = new Map<number, CheckpointRecord>();
let restoreMs = 0;
let stateBytesMax = 0;
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
        const { operators, checkpoints } = job.metrics();
        stateBytesMax = Math.max(
          stateBytesMax,
          operators.reduce((sum, op) => sum + op.stateBytes, 0),
        );
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
const report: JobReport = { checkpoints: [...records.values()], restoreMs, stateBytesMax };
process.stdout.write(JSON.stringify(report));
