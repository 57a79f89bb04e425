// demo: what `npm run demo:fraud` runs: a broker of its own, the play, and the comparison. It fails unless all is as it must be.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { differences, play } from './play.js';

const began = Date.now();
const say = (line: string) => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s  ${line}`);

const folder = mkdtempSync(join(tmpdir(), 'sabot-fraud-'));
say('a Kafka broker starts');
// It ends with its input, so also when this process is killed.
const broker = spawn('scripts/kafka', ['run', join(folder, 'kafka')], { stdio: ['pipe', 'pipe', 'inherit'] });
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupted.abort(new Error('interrupted')));
try {
  const { bootstrapServers } = JSON.parse(await firstLine()) as { bootstrapServers: string };
  say(`it listens at ${bootstrapServers}`);
  const sabot = [process.execPath, resolve('dist/cli.cjs')] as const;
  const ending = await play({
    sabot,
    brokers: bootstrapServers,
    folder,
    transactions: 12_000,
    speed: 1200,
    signal: interrupted.signal,
    say,
  });
  const { planted, job, agent, charges } = ending;
  say(
    `--- hidden: ${planted.length}   found by the job: ${job.length}   by the agent: ${agent.length}   charges: ${charges.size}`,
  );
  const found = differences(ending);
  for (const difference of found) say(difference);
  say(found.length === 0 ? 'all frauds, nothing else, nothing twice, from both' : 'THEY DIFFER');
  if (found.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(`demo: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  broker.stdin.end();
  if (broker.exitCode === null) await once(broker, 'exit');
  rmSync(folder, { recursive: true, force: true });
}

async function firstLine(): Promise<string> {
  let text = '';
  for await (const bytes of broker.stdout) {
    text += bytes;
    if (text.includes('\n')) return text;
  }
  throw new Error('The broker did not start; above it says why.');
}
