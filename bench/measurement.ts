// measurement: what one run of one engine cost.

export interface Measurement {
  readonly wallMs: number;
  /** User and system time. */
  readonly cpuMs: number;
  readonly peakRssBytes: number;
  /** Of a JVM: what collections left alive, at most. */
  readonly liveHeapBytes?: number;
}
