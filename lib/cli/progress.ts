// progress: one line on a terminal that says how far a job is; nothing in a pipe.
//
//   12,345,678 rows in, 2.1 M rows/s, watermark 2024-01-01 00:03:20, 12 late
//
// Drawn on standard error twice a second and wiped at the end.

import type { OperatorMetrics } from '../job/metrics.js';
import type { RunningJob } from '../job/running-job.js';

const INTERVAL_MS = 500;

/** Shows the job's progress until the returned function is called. */
export function showProgress(job: Pick<RunningJob, 'metrics'>, to: NodeJS.WriteStream = process.stderr): () => void {
  if (!to.isTTY) return () => {};
  let rowsBefore = 0;
  let timeBefore = performance.now();
  const draw = () => {
    const now = performance.now();
    const { rows, ...rest } = summarise(job.metrics().operators);
    const perSecond = ((rows - rowsBefore) * 1000) / Math.max(1, now - timeBefore);
    rowsBefore = rows;
    timeBefore = now;
    to.write(
      `\r\x1b[K${progressText(rows, perSecond, rest.watermarkMs, rest.lateRows).slice(0, (to.columns || 80) - 1)}`,
    );
  };
  const timer = setInterval(draw, INTERVAL_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    to.write('\r\x1b[K');
  };
}

export interface ProgressSummary {
  readonly rows: number;
  readonly watermarkMs: number | null;
  readonly lateRows: number;
}

/** Rows that sources produced, the least watermark, all late rows. */
export function summarise(operators: readonly OperatorMetrics[]): ProgressSummary {
  const sources = operators.filter((o) => o.name.endsWith('_source'));
  const watermarks = operators.flatMap((o) =>
    o.name === 'watermark_assigner' && o.watermarkMs !== null ? [o.watermarkMs] : [],
  );
  return {
    rows: sources.reduce((sum, o) => sum + o.rowsOut, 0),
    watermarkMs: watermarks.length === 0 ? null : Math.min(...watermarks),
    lateRows: operators.reduce((sum, o) => sum + o.lateRows, 0),
  };
}

function progressText(rows: number, perSecond: number, watermarkMs: number | null, lateRows: number): string {
  const time =
    watermarkMs === null || Math.abs(watermarkMs) > 8.64e15 ? undefined : new Date(watermarkMs).toISOString();
  const parts = [
    `${rows.toLocaleString('en-US')} rows in`,
    `${perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(1)} M` : Math.round(perSecond).toLocaleString('en-US')} rows/s`,
    ...(time === undefined ? [] : [`watermark ${time.slice(0, 19).replace('T', ' ')}`]),
    ...(lateRows === 0 ? [] : [`${lateRows.toLocaleString('en-US')} late`]),
  ];
  return parts.join(', ');
}
