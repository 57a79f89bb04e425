// plan: what a round does, drawn from its seed before it begins: the same seed, the same faults.
//
//   planRound(7)  ->  3 acts: killed after 210 ms with 2 subtasks on rocksdb, frozen …, killed …; then left alone until its end

import { generator } from '../chaos.js';

/**
 * kill: the process, with SIGKILL. freeze: it is stopped until brokers have aborted its transaction for its timeout, then goes on. takeover: it is
 * stopped, another one with the same job runs on, then it goes on. broker: one is stopped, or killed, and started again. leader: a node
 * of three is killed, so that others lead, and comes back. commit: the end of a transaction is held back until the next one has rows.
 * disk: that of the checkpoints is full for a while.
 */
export const FAULTS = ['kill', 'freeze', 'takeover', 'broker', 'leader', 'commit', 'disk'] as const;
export type Fault = (typeof FAULTS)[number];

export interface Start {
  readonly parallelism: number;
  readonly backend: 'memory' | 'rocksdb';
  /** A job that fails starts again in its process. */
  readonly restarts: boolean;
}

export interface Act extends Start {
  readonly fault: Fault;
  /** The fault comes so long after two more checkpoints; of a process that starts, so long after its start. */
  readonly delayMs: number;
  readonly whileStarting: boolean;
  /** What else there is to choose, from 0 to 1: a node, how long it is away. */
  readonly choice: number;
  /** A second process. */
  readonly other: Start;
}

export interface Round {
  readonly seed: number;
  /** Of the brokers. */
  readonly nodes: 1 | 3;
  readonly acts: readonly Act[];
  /** It is left alone. */
  readonly last: Start;
}

const DELAY_MS_MAX = 300;
const STARTING_MS_MAX = 1_500;

/** Every fault has its turn as the seeds go up. */
export function planRound(seed: number): Round {
  const random = generator(seed * 7919 + 1);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const start = (): Start => ({
    parallelism: pick([1, 2, 3]),
    backend: pick(['memory', 'rocksdb'] as const),
    restarts: random() < 0.5,
  });
  const act = (fault: Fault): Act => {
    const whileStarting = fault === 'kill' && random() < 0.15;
    const delayMs = Math.round(random() * (whileStarting ? STARTING_MS_MAX : DELAY_MS_MAX));
    return { ...start(), fault, delayMs, whileStarting, choice: random(), other: start() };
  };
  const main = FAULTS[seed % FAULTS.length]!;
  const nodes = main === 'leader' ? 3 : 1;
  const second = pick(['kill', 'kill', 'kill', 'commit', 'takeover'] as const);
  const faults: Fault[] = random() < 0.5 ? [main, second] : [second, main];
  return { seed, nodes, acts: [...faults, 'kill' as const].map(act), last: start() };
}

export const startText = ({ parallelism, backend, restarts }: Start): string =>
  `${parallelism} subtask(s) on ${backend}${restarts ? ', restarting' : ''}`;
