// measurement: what one run of one engine cost.

export interface Measurement {
  readonly wallMs: number;
  /** User and system time. */
  readonly cpuMs: number;
  readonly peakRssBytes: number;
  /** Of a JVM: what collections left alive, at most. */
  readonly liveHeapBytes?: number;
  /** Of Flink: what its job ran with, as the environment that it was made of says, and what the process has loaded. */
  readonly used?: {
    readonly backend: string;
    readonly rocksdbLoaded: boolean;
    /** -1: none are taken. */
    readonly checkpointIntervalMs: number;
    readonly checkpointMode: string;
  };
}
