// recreated: a topic that is deleted and created again, with other rows than those the job's positions mean. The job must fail and name it,
// and readers must see nothing that the new topic made.
//
//   rows 0 … n | deleted, created, rows again, more of them   ->   error "topic … was deleted and created again"

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findWrong, outputTopics, script, writeInput, writeRows } from './job.js';
import { type Round, startText } from './plan.js';
import type { RoundsOptions, Surroundings } from './rounds.js';
import { Sabot } from './sabot.js';
import type { Tally } from './tally.js';

const WITHIN_MS = 60_000;
const PARTITIONS = 3;

export async function playRecreated(
  round: Round,
  around: Surroundings,
  options: RoundsOptions,
  tally: Tally,
): Promise<void> {
  const { cluster, broker } = around;
  const { log = () => {} } = options;
  const whileRunning = round.acts[0]!.choice < 0.5;
  const folder = mkdtempSync(join(tmpdir(), 'sabot-chaos-kafka-'));
  const [input, output] = [await writeInput(broker), await outputTopics(broker)];
  const bootstrapServers = cluster.addresses.proxied.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const start = (how: Round['last']): Sabot =>
    new Sabot(options, folder, script({ bootstrapServers, input, output, folder, ...how }), how.parallelism);
  let process = start(round.acts[0]!);
  try {
    if (!(await process.progresses(3, WITHIN_MS)))
      throw new Error(`it ended before its topic was deleted: ${process.stderr}`);
    if (!whileRunning) {
      process.kill();
      await process.ended;
    }
    await broker.remove(input.orders);
    await broker.create(input.orders, PARTITIONS);
    await writeRows(broker, input);
    if (!whileRunning) process = start(round.last);
    await process.until(() => process.end !== undefined, WITHIN_MS, `the end of a job whose topic was created again`);
    const { code } = await process.ended;
    if (code !== 1 || !process.stderr.includes(input.orders))
      throw new Error(`a job whose topic was created again ends with ${code}: ${process.stderr}`);
    const wrong = await findWrong(broker, output, false);
    tally.findings.push(...wrong.map((each) => `round ${round.seed}, topic created again: ${each}`));
    tally.topicsRecreated++;
    const when = whileRunning ? 'under the running job' : 'between two runs';
    log(
      `round ${round.seed}: ${startText(round.last)}: topic created again ${when}; it ended with ${code}: ${process.complaint}`,
    );
  } catch (error) {
    tally.findings.push(`round ${round.seed}, topic created again: ${(error as Error).message}`);
  } finally {
    process.kill();
    await process.ended;
    rmSync(folder, { recursive: true, force: true });
  }
}
