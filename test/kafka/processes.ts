// processes: waiting for what a job's process brings about in its topics.
//
//   await eventually(async () => (await numWritten(broker, 'out')) >= 1000, run)

import type { JobProcess } from '../job/job-folder.js';
import type { Broker } from './broker.js';

const LOOK_EVERY_MS = 20;

/** Waits until something holds; throws if the process ends before. */
export async function eventually(what: () => Promise<boolean>, { ended }: JobProcess): Promise<void> {
  let end: { code: number | null; stderr: string } | undefined;
  void ended.then((told) => {
    end = told;
  });
  while (!(await what())) {
    if (end !== undefined) throw new Error(`the process has ended with ${end.code}: ${end.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** How many offsets are taken, by records and by ends of transactions. */
export async function numWritten(broker: Broker, topic: string): Promise<number> {
  const offsets = await broker.ends(topic);
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}
