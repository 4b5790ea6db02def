import { connect, type Socket } from "node:net";
import { Problem } from "@dojang/model";
import type { Publication, PublishRequest } from "../live-runtime.ts";
import { shortSocketPath } from "../sandbox/short-socket-path.ts";
import { LineSplitter } from "../supervision/line-splitter.ts";
import type { SupervisedStatus } from "../supervision/supervised-entry.ts";
import type { SupervisionFault } from "../supervision/supervision-error.ts";

/** One request a connection, as a line of JSON; the answer is lines of JSON, the last one `done` or `failed`. */
export type SupervisorRequest =
  | { readonly op: "start" }
  | { readonly op: "status" }
  | { readonly op: "stop" }
  | { readonly op: "take-down"; readonly service: string }
  | { readonly op: "bring-up"; readonly service: string }
  /** Answered when it is well, refused when it is not. */
  | { readonly op: "bring-up-well"; readonly service: string }
  | ({ readonly op: "publish" } & PublishRequest)
  | { readonly op: "published" }
  | { readonly op: "cut-connections" }
  | { readonly op: "signal"; readonly service: string; readonly signal: NodeJS.Signals }
  | { readonly op: "expose"; readonly socketPath: string; readonly port: number };

export type SupervisorReply =
  | { readonly kind: "service"; readonly status: SupervisedStatus }
  | {
      readonly kind: "done";
      readonly state?: SupervisorState;
      readonly services?: readonly SupervisedStatus[];
      readonly port?: number;
      readonly published?: readonly Publication[];
      readonly cut?: number;
    }
  | { readonly kind: "failed"; readonly fault: SupervisionFault };

export type SupervisorState = "starting" | "running" | "stopping";

export interface AskOptions {
  readonly signal?: AbortSignal;
  readonly onService?: (status: SupervisedStatus) => void;
}

/** Asks the supervisor of an environment. Rejects with its Problem, the signal's reason, or an error when it is gone. */
export async function askSupervisor(
  controlPath: string,
  request: SupervisorRequest,
  options: AskOptions = {},
): Promise<Extract<SupervisorReply, { kind: "done" }>> {
  const { signal } = options;
  signal?.throwIfAborted();
  const short = shortSocketPath(controlPath);
  const socket = connect(short.path);
  const onAbort = () => socket.destroy();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    socket.write(`${JSON.stringify(request)}\n`);
    return await lastReply(socket, options);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    socket.destroy();
    short.close();
  }
}

const longestReplyCharacters = 16 * 1024 * 1024;

async function lastReply(socket: Socket, options: AskOptions): Promise<Extract<SupervisorReply, { kind: "done" }>> {
  const splitter = new LineSplitter(longestReplyCharacters);
  for await (const chunk of socket) {
    for (const line of splitter.push(chunk)) {
      const reply: SupervisorReply = JSON.parse(line);
      if (reply.kind === "service") options.onService?.(reply.status);
      if (reply.kind === "failed") throw new Problem(reply.fault);
      if (reply.kind === "done") return reply;
    }
  }
  throw new SupervisorGone();
}

/** The supervisor ended while it was asked. */
export class SupervisorGone extends Error {
  constructor() {
    super("the supervisor of the environment is gone");
  }
}
