// cases: the parity cases as they lie in the folder beside this file.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('cases', import.meta.url));

export interface ExpectedError {
  readonly kind: string;
  readonly identifier: string;
  readonly statement: number;
  /** Flink had planned the statement. */
  readonly atRunTime: boolean;
}

export interface ParityCase {
  /** `area/name`. */
  readonly name: string;
  readonly script: string;
  readonly final: readonly string[] | undefined;
  readonly changelog: readonly string[] | undefined;
  readonly error: ExpectedError | undefined;
  /** Late rows depend on the order of all rows: the script is for one subtask. */
  readonly singleSubtask: boolean;
}

/** All cases, by area and name. */
export function parityCases(): ParityCase[] {
  return readdirSync(root).flatMap((area) =>
    readdirSync(join(root, area))
      .filter((name) => existsSync(join(root, area, name, 'job.sql')))
      .map((name) => readCase(area, name)),
  );
}

function readCase(area: string, name: string): ParityCase {
  const folder = join(root, area, name);
  const read = (file: string) =>
    existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : undefined;
  const lines = (file: string) =>
    read(file)
      ?.split('\n')
      .filter((line) => line !== '');
  const script = read('job.sql')!;
  return {
    name: `${area}/${name}`,
    script: script.replaceAll('${CASE}', folder),
    final: lines('expected.jsonl'),
    changelog: lines('changelog.jsonl'),
    error: readError(read('error.txt')),
    singleSubtask:
      /'table\.exec\.resource\.default-parallelism'\s*=\s*'1'|'pipeline\.auto-watermark-interval'\s*=\s*'0'/.test(
        script,
      ),
  };
}

function readError(text: string | undefined): ExpectedError | undefined {
  if (text === undefined) return undefined;
  const member = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
  return {
    kind: member('kind'),
    identifier: member('identifier'),
    statement: Number(/statement (\d+)/.exec(member('stage'))?.[1]),
    atRunTime: member('stage').startsWith('run time'),
  };
}
