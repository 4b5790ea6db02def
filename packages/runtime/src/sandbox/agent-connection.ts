import { connect, type Socket } from "node:net";
import { Problem } from "@dojang/model";
import type { AgentReply, AgentRequest } from "./agent/pod-plan.ts";
import { shortSocketPath } from "./short-socket-path.ts";

/** Dials the agent's control socket; rejects with the system's error when nobody listens. */
export async function dialAgent(control: string, signal?: AbortSignal): Promise<Socket> {
  signal?.throwIfAborted();
  const short = shortSocketPath(control);
  const socket = connect({ path: short.path, allowHalfOpen: true });
  try {
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => reject(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      socket.once("connect", () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      socket.once("error", reject);
    });
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    short.close();
  }
  return socket;
}

/**
 * Sends one request, hands on what comes meanwhile (output, states) and returns the answer. A fault is thrown as its Problem. Aborting
 * hangs up, upon which the agent ends what it was doing, and rejects with the signal's reason.
 */
export async function askAgent(
  control: string,
  request: AgentRequest,
  options: { readonly signal?: AbortSignal; readonly onReply?: (reply: AgentReply) => void } = {},
): Promise<AgentReply> {
  const socket = await dialAgent(control, options.signal);
  const onAbort = () => void socket.destroy();
  options.signal?.addEventListener("abort", onAbort, { once: true });
  try {
    socket.write(`${JSON.stringify(request)}\n`);
    let last: AgentReply | undefined;
    for await (const reply of repliesOf(socket)) {
      if (reply.kind === "output" || reply.kind === "service") options.onReply?.(reply);
      else last = reply;
    }
    options.signal?.throwIfAborted();
    if (last === undefined) throw agentLost();
    if (last.kind === "fault") throw new Problem(last.fault);
    return last;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof Error && "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE")) throw agentLost(error);
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", onAbort);
    socket.destroy();
  }
}

export async function* repliesOf(socket: Socket): AsyncGenerator<AgentReply> {
  let rest = "";
  socket.setEncoding("utf8");
  for await (const chunk of socket) {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    // The agent is ours, of the same version: the toolbox is named by its content.
    for (const line of lines) yield JSON.parse(line);
  }
}

/** A connection to a service: the reply `connected` is taken off, the rest is the stream itself. */
export async function connectThroughAgent(
  control: string,
  target: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Socket> {
  const socket = await dialAgent(control, signal);
  const request: AgentRequest = { op: "connect", host: target.host, port: target.port };
  socket.write(`${JSON.stringify(request)}\n`);
  try {
    const reply = await firstReply(socket, signal);
    if (reply.kind === "fault") throw new Problem(reply.fault);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function firstReply(socket: Socket, signal: AbortSignal): Promise<AgentReply> {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const onReadable = () => {
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
        seen = Buffer.concat([seen, chunk]);
        const end = seen.indexOf(0x0a);
        if (end < 0) continue;
        socket.off("readable", onReadable);
        signal.removeEventListener("abort", onAbort);
        if (end + 1 < seen.length) socket.unshift(seen.subarray(end + 1));
        return resolve(JSON.parse(seen.subarray(0, end).toString()));
      }
    };
    socket.on("readable", onReadable);
    socket.once("error", reject);
    socket.once("close", () => reject(agentLost()));
  });
}

function agentLost(cause?: unknown): Problem {
  return new Problem({
    code: "environment-lost",
    exit: "infrastructure",
    message: "the environment ended while it was being used",
    fix: "look at its log (dojang logs), and at the memory left on this machine, then start it again",
    cause,
  });
}
