// tally: how often a fault has really struck, over all rounds.

export interface Tally {
  rounds: number;
  /** Jobs that ended, with the output that was expected. */
  jobsDone: number;
  /** Processes killed before the end. */
  kills: number;
  /** Of them those that had restored a checkpoint later than the first. */
  restoredLater: number;
  /** Transactions that brokers aborted for their time while the process was stopped. */
  timedOut: number;
  /** Processes that went on after another one had taken their job over, and said so. */
  fenced: number;
  brokersStopped: number;
  /** Partitions that others led once a node of three was killed. */
  leadersChanged: number;
  /** EndTxn requests that arrived again in the next transaction. */
  commitsHeld: number;
  disksFilled: number;
  topicsRecreated: number;
  readonly findings: string[];
}

export const newTally = (): Tally => ({
  rounds: 0,
  jobsDone: 0,
  kills: 0,
  restoredLater: 0,
  timedOut: 0,
  fenced: 0,
  brokersStopped: 0,
  leadersChanged: 0,
  commitsHeld: 0,
  disksFilled: 0,
  topicsRecreated: 0,
  findings: [],
});

export const tallyText = (tally: Tally): string =>
  `${tally.rounds} rounds, ${tally.jobsDone} jobs done; ${tally.kills} kills, ${tally.restoredLater} of them after a restore of a later checkpoint than the ` +
  `first; ${tally.timedOut} transactions over their time, ${tally.fenced} processes fenced, ${tally.commitsHeld} commits held back, ` +
  `${tally.brokersStopped} brokers stopped, ${tally.leadersChanged} partitions with new leaders, ${tally.disksFilled} disks full, ` +
  `${tally.topicsRecreated} topics created again`;
