// flink: Apache Flink as a peer. Builds the runner once into the user's cache folder, and keeps one warmed-up JVM per script.
//
//   await using flink = await startFlink({ script: '/tmp/q0.sql', parallelism: 1 });   const cost = await flink.run();
//
// The JVM waits on its input between runs, so that runs of sabot can alternate with its own. Its planning and start are not measured.

import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Measurement } from '../../measurement.js';

const PROJECT = 'bench/peers/flink';
const RUNNER = `${PROJECT}/src/main/java/sabot/bench/FlinkPeer.java`;
const JVM_DEFAULT = '-Xmx4g';
/** How much of what the JVM says on standard error is kept for messages. */
const COMPLAINT_CHARACTERS = 4000;

/** Packages of java.base that Flink reaches into. */
const OPENED = (
  'java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.math java.text java.time java.util ' +
  'java.util.concurrent java.util.concurrent.atomic java.util.concurrent.locks sun.nio.ch sun.net.util sun.security.util'
).split(' ');

export interface FlinkOptions {
  /** Path of the script. */
  readonly script: string;
  readonly parallelism: number;
  /** Flags of the JVM; default: a heap of 4 GiB at most. */
  readonly jvm?: string | undefined;
}

/** The version of Flink that the project names. */
export function flinkVersion(): string {
  return /<flink\.version>([^<]+)</.exec(readFileSync(`${PROJECT}/pom.xml`, 'utf8'))![1]!;
}

/** Gets Flink's jars and compiles the runner, unless that was done; returns the folder. */
export function buildFlink(cache: string): string {
  const sources = createHash('sha256')
    .update(readFileSync(`${PROJECT}/pom.xml`))
    .update(readFileSync(RUNNER));
  const folder = join(cache, 'bench', `flink-${flinkVersion()}-${sources.digest('hex').slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  const pending = `${folder}.${process.pid}`;
  mkdirSync(pending, { recursive: true });
  try {
    cpSync(PROJECT, join(pending, 'project'), { recursive: true });
    const built = join(pending, 'built');
    const options = ['-q', '-B', '-ntp', '-f', join(pending, 'project/pom.xml'), `-Dbench.folder=${built}`];
    execFileSync('mvn', [...options, 'package'], { stdio: ['ignore', 'ignore', 'inherit'] });
    renameSync(built, folder);
  } catch (cause) {
    throw new Error('Flink could not be built: this needs Java 17, Maven and Maven Central (npm run bootstrap).', {
      cause,
    });
  } finally {
    rmSync(pending, { recursive: true, force: true });
  }
  return folder;
}

/** Starts a JVM that holds the script's plan, and warms it up with one run. */
export async function startFlink(folder: string, options: FlinkOptions): Promise<FlinkPeer> {
  const peer = new FlinkPeer(folder, options);
  try {
    await peer.run();
  } catch (error) {
    await peer[Symbol.asyncDispose]();
    throw error;
  }
  return peer;
}

export class FlinkPeer implements AsyncDisposable {
  private readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly lines: AsyncIterator<string>;
  private readonly ended: Promise<void>;
  private readonly temporary = mkdtempSync(join(tmpdir(), 'flink-peer-'));
  private complaint = '';

  constructor(folder: string, { script, parallelism, jvm = JVM_DEFAULT }: FlinkOptions) {
    const flags = [
      ...OPENED.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
      ...jvm.split(' ').filter((flag) => flag !== ''),
      `-Djava.io.tmpdir=${this.temporary}`,
    ];
    const classes = `${join(folder, 'flink-peer.jar')}:${join(folder, 'lib/*')}`;
    const command = [...flags, '-cp', classes, 'sabot.bench.FlinkPeer', String(parallelism), script];
    this.process = spawn('java', command, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.stderr.on('data', (bytes: Buffer) => {
      this.complaint = (this.complaint + bytes.toString()).slice(-COMPLAINT_CHARACTERS);
    });
    this.process.stdin.on('error', () => {}); // It has ended; run() says so.
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    this.ended = new Promise((resolve) => {
      this.process.once('error', (error) => {
        this.complaint += error.message;
        resolve();
      });
      this.process.once('close', (status, signal) => {
        if (status !== 0) this.complaint += ` (${signal === null ? `exit code ${status}` : `ended by ${signal}`})`;
        resolve();
      });
    });
  }

  /** Runs the script's INSERTs once. */
  async run(): Promise<Measurement> {
    this.process.stdin.write('run\n');
    const line = await this.lines.next();
    if (!line.done) return JSON.parse(line.value) as Measurement;
    await this.ended;
    throw new Error(`Flink failed: ${this.complaint}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.stdin.end();
    await this.ended;
    rmSync(this.temporary, { recursive: true, force: true });
  }
}
