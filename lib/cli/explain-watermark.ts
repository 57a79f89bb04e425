// explain-watermark: `sabot explain-watermark JOB`. Where a running job's event time stands, and which split holds it back, since when.
//
//   held back for 41 s by split '/data/part-2.jsonl' of file_source:bids[0], which stands at 2024-01-01 10:00:00.000; others are at …
//
//   source              split                watermark                state
//   file_source:bids[0] /data/part-1.jsonl   2024-01-01 10:07:12.500
//   file_source:bids[0] /data/part-3.jsonl                            idle

import type { WatermarkReport } from '../job/control.js';
import { askJob, findJob } from '../job/control-client.js';
import type { SplitMetrics, WatermarkHold } from '../job/metrics.js';
import { reportFailure } from './failure.js';
import { renderTable } from './output.js';

export interface ExplainWatermarkOptions {
  readonly dir: string;
  readonly output?: 'table' | 'json';
}

/** Prints the report and returns the exit code. */
export async function explainWatermarkCommand(name: string, options: ExplainWatermarkOptions): Promise<number> {
  try {
    const report = (await askJob(await findJob(name, options.dir), { request: 'watermarks' })) as WatermarkReport;
    const json = (options.output ?? (process.stdout.isTTY ? 'table' : 'json')) === 'json';
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : renderReport(report));
    return 0;
  } catch (error) {
    const failure = reportFailure(error, ({ message }) => `error: ${message}`);
    process.stderr.write(`${failure.text}\n`);
    return failure.exitCode;
  }
}

/** The report as text for people. */
export function renderReport({ operators, splits, holds }: WatermarkReport): string {
  const longestFirst = [...holds].sort((a, b) => b.heldMs - a.heldMs);
  const verdict = longestFirst.length === 0 ? ['Nothing holds event time back.'] : longestFirst.map(holdText);
  const numbered = splits.some(({ position }) => position !== undefined);
  const splitRows = splits.map((one) => [
    `${one.uid}[${one.subtask}]`,
    one.split,
    timeText(one.watermarkMs),
    ...(numbered ? [numberText(one.position), numberText(one.lag)] : []),
    stateOf(one),
  ]);
  const operatorRows = operators
    .filter(({ watermarkMs }) => watermarkMs !== null)
    .map((one) => [`${one.uid}[${one.subtask}]`, timeText(one.watermarkMs)]);
  const tables = [
    renderTable(['source', 'split', 'watermark', ...(numbered ? ['position', 'lag'] : []), 'state'], splitRows),
    renderTable(['operator', 'watermark'], operatorRows),
  ];
  return [verdict.join('\n'), ...tables].join('\n\n');
}

function holdText({ uid, subtask, split, heldMs, watermarkMs, othersMs }: WatermarkHold): string {
  const who = `${split === '' ? '' : `split '${split}' of `}${uid}[${subtask}]`;
  const stands = watermarkMs === null ? 'of which no row has come yet' : `which stands at ${timeText(watermarkMs)}`;
  const others = othersMs === null ? 'others have ended' : `others are at ${timeText(othersMs)}`;
  return `held back for ${Math.floor(heldMs / 1000)} s by ${who}, ${stands}; ${others}`;
}

const stateOf = ({ idle, waitsToBeRead }: SplitMetrics): string =>
  idle ? 'idle' : waitsToBeRead ? 'waits to be read' : '';

const numberText = (value: number | undefined): string => (value === undefined ? '' : String(value));

const timeText = (ms: number | null): string =>
  ms === null ? '' : new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
