import type { RunEvent } from "@dojang/model";
import { type Live, openLive } from "../deployments/open-live.ts";
import type { CommandContext } from "./command-context.ts";
import { say } from "./say.ts";
import { openSession, type Session } from "./session.ts";

/** What commands about live sites work with. */
export interface LiveSession extends Session {
  readonly live: Live;
}

export interface LiveSessionOptions {
  readonly context: CommandContext;
  /** Output of builds and steps is shown. */
  readonly verbose?: boolean;
}

export async function openLiveSession({ context, verbose = false }: LiveSessionOptions): Promise<LiveSession> {
  const session = await openSession({ context, say });
  try {
    const { store, home, runtimes } = session;
    const emit = verbose ? showOutput : undefined;
    const live = await openLive({ store, home, runtimes, env: context.environment, emit, signal: context.signal });
    const close = async () => {
      await live[Symbol.asyncDispose]();
      await session[Symbol.asyncDispose]();
    };
    return { ...session, live, [Symbol.asyncDispose]: close };
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

function showOutput(event: RunEvent): void {
  if (event.kind === "output") process.stderr.write(`    ${event.source}: ${event.text.trimEnd()}\n`);
  if (event.kind === "note") process.stderr.write(`    ${event.text}\n`);
}
