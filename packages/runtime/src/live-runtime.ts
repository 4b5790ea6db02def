import type { EnvironmentSpec } from "@dojang/model";
import type { EnvironmentStatus, Runtime, StartOptions, Target } from "./contract.ts";

/**
 * A runtime on which releases live: environments with volumes that outlive them, which reach each other, whose services are
 * taken down and brought up one by one, and which are reached from outside by unix sockets.
 *
 * Sockets. Whoever watches the environment listens on them, so they go on when the caller was killed. A path is replaced in one
 * step: who connects meets the former listener or the new one, never nothing, and connections that are open stay with the former.
 *
 * When the one who watches was killed, `list` calls the environment broken; `stop` and `start` bring it back, with its kept volumes.
 */
export interface LiveRuntime extends Runtime {
  start(spec: EnvironmentSpec, options: LiveStartOptions): Promise<EnvironmentStatus>;
  /** Stops a service as `stop` would and keeps it down until `bringUp`. Nothing to do for one that is down. */
  takeDown(id: string, service: string, options: { readonly signal: AbortSignal }): Promise<void>;
  /**
   * Starts a service that was held or taken down; resolves when it is healthy, or runs where it has no health check. Rejects with
   * Problem `service-unhealthy`, `service-exited` or `start-timeout` (after the spec's `startTimeoutMs`), with its last lines, and
   * leaves it as it is then.
   */
  bringUp(id: string, service: string, options: { readonly signal: AbortSignal }): Promise<void>;
  /** Where a service's port is on this machine's loopback; undefined when it has no such port. */
  address(id: string, service: string, port: number): Promise<Target | undefined>;
  /** Everything connected to the unix socket arrives at the service's port. Safe twice; an earlier publication of the path is replaced. */
  publish(id: string, request: PublishRequest): Promise<void>;
  published(id: string): Promise<readonly Publication[]>;
  /** Breaks off every connection that is open through its sockets, and says how many; new ones are served. */
  cutConnections(id: string): Promise<number>;
}

export type LiveStartOptions = StartOptions & {
  /** Services that are planned and laid out, but started by `bringUp` alone. None of the others may depend on them. */
  readonly held?: readonly string[];
  /**
   * How often in a row a service that starts again by itself may end before it is ready, with nothing missing that it could wait for:
   * then it is given up as Problem `service-exited`, by `start` and by `bringUp`. When absent, until `startTimeoutMs` is over.
   */
  readonly mostEndings?: number;
};

export interface PublishRequest {
  readonly service: string;
  /** As the spec names it. */
  readonly port: number;
  /** Absolute; its folder exists. */
  readonly socketPath: string;
}

export interface Publication extends PublishRequest {
  /** Connections that are open now, those of a replaced listener included. */
  readonly open: number;
  /** Connections ever accepted. */
  readonly total: number;
}
