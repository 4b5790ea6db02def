export interface RecorderLimits {
  /** Bytes kept of each body. */
  readonly bodyCapBytes: number;
  readonly headerBytes: number;
  readonly connectionsPerLane: number;
  readonly dialTimeoutMs: number;
  /** How long a CONNECT waits until either side has said something; then it is passed as bytes. */
  readonly sniffMs: number;
  readonly maxFacts: number;
  readonly maxBodyBytes: number;
  readonly lingerMs: number;
  readonly batchSize: number;
  readonly drainMs: number;
}

export const defaultRecorderLimits: RecorderLimits = {
  bodyCapBytes: 256 * 1024,
  headerBytes: 128 * 1024,
  connectionsPerLane: 2048,
  dialTimeoutMs: 30_000,
  sniffMs: 10_000,
  maxFacts: 50_000,
  maxBodyBytes: 64 * 1024 * 1024,
  lingerMs: 50,
  batchSize: 200,
  drainMs: 10_000,
};
