import { Session } from "node:inspector";
import { basename, isAbsolute } from "node:path";
import type { Problem } from "@dojang/model";
import { fileOf, formatPlace, type ScriptPlace } from "../script/script-place.ts";
import { unusableScript } from "../script/unusable-script.ts";

/**
 * A script shares its thread with the traffic. One that never gives it back (an endless loop, however many `await` of what is there
 * already) stops every request, and nothing in that thread can say so. Each thread therefore counts up a cell of shared memory by a
 * timer; the main thread looks at the cells, and asks the inspector where a thread is that stopped counting.
 */
export const beatEveryMs = 100;

export interface StuckWatch {
  /** One cell for each thread. */
  readonly beats: Int32Array<SharedArrayBuffer>;
  stop(): void;
}

/** Calls `onStuck` once, with the number of the thread. Threads that have ended are to be told by `isOver`. */
export function watchForStuckThreads(options: {
  readonly threads: number;
  readonly stuckAfterMs: number;
  readonly isOver: (thread: number) => boolean;
  readonly onStuck: (thread: number) => void;
}): StuckWatch {
  const beats = new Int32Array(new SharedArrayBuffer(4 * options.threads));
  // Looks are counted, not time: when this thread got no turn either, the machine was busy and nobody is stuck.
  const everyMs = Math.min(250, options.stuckAfterMs / 4);
  const mostLooks = Math.ceil(options.stuckAfterMs / everyMs);
  const seen = Array.from({ length: options.threads }, () => ({ beat: 0, looks: 0 }));
  const timer = setInterval(() => {
    for (const [thread, last] of seen.entries()) {
      const beat = Atomics.load(beats, thread);
      const moved = beat !== last.beat || beat === 0 || options.isOver(thread);
      last.looks = moved ? 0 : last.looks + 1;
      last.beat = beat;
      if (last.looks < mostLooks) continue;
      clearInterval(timer);
      options.onStuck(thread);
      return;
    }
  }, everyMs);
  return { beats, stop: () => clearInterval(timer) };
}

/** In the thread itself. Counts from now on. */
export function beat(beats: Int32Array<SharedArrayBuffer>, thread: number): void {
  Atomics.add(beats, thread, 1);
  setInterval(() => Atomics.add(beats, thread, 1), beatEveryMs).unref();
}

/** The Problem of a script that never gives its thread back, with the line it is at when the inspector can tell. */
export async function stuckProblem(
  module: string,
  { name, stuckAfterMs }: { readonly name: string; readonly stuckAfterMs: number },
): Promise<Problem> {
  const place = await whereIs(name, module);
  const where = place === undefined ? basename(module) : formatPlace(place);
  const message = `the script never gave its thread back for ${stuckAfterMs / 1000} s: it is at ${where}`;
  const fix = "end the loop there, or await a request or think() in it";
  return unusableScript(module, { code: "scenario-script-stuck", message, fix, place });
}

const inspectorLimitMs = 2_000;

/**
 * Pauses a worker by its name, reads where it is, and lets it go on: V8 can interrupt a loop that JavaScript cannot, but a worker
 * that is still paused cannot be ended.
 */
function whereIs(name: string, module: string): Promise<ScriptPlace | undefined> {
  const session = new Session();
  return new Promise<ScriptPlace | undefined>((resolve) => {
    const files = new Map<string, string>();
    let place: ScriptPlace | undefined;
    const limit = setTimeout(() => resolve(place), inspectorLimitMs);
    session.on("NodeWorker.attachedToWorker", ({ params: { sessionId, workerInfo } }) => {
      if (!workerInfo.title.endsWith(` ${name}`)) return;
      const send = (id: number, method: string) =>
        session.post("NodeWorker.sendMessageToWorker", { sessionId, message: JSON.stringify({ id, method }) });
      session.on("NodeWorker.receivedMessageFromWorker", ({ params }) => {
        if (params.sessionId !== sessionId) return;
        // Of the inspector's protocol.
        const said = JSON.parse(params.message) as Said;
        if (said.method === "Debugger.scriptParsed" && said.params) files.set(said.params.scriptId, fileOf(said.params.url));
        if (said.method === "Debugger.paused" && said.params) {
          place = placeIn(said.params.callFrames, files, module);
          send(3, "Debugger.disable");
        }
        if (said.id === 3) {
          clearTimeout(limit);
          resolve(place);
        }
      });
      send(1, "Debugger.enable");
      send(2, "Debugger.pause");
    });
    try {
      session.connect();
      session.post("NodeWorker.enable", { waitForDebuggerOnStart: false });
    } catch {
      // Without an inspector the script alone is named.
      clearTimeout(limit);
      resolve(undefined);
    }
  }).finally(() => session.disconnect());
}

type Said =
  | { readonly id: number; readonly method?: undefined }
  | {
      readonly id?: undefined;
      readonly method: "Debugger.scriptParsed";
      readonly params: { readonly scriptId: string; readonly url: string };
    }
  | { readonly id?: undefined; readonly method: "Debugger.paused"; readonly params: { readonly callFrames: readonly Frame[] } };

interface Frame {
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber?: number };
}

/** The innermost frame of the script, else of another file of the project. */
function placeIn(frames: readonly Frame[], files: ReadonlyMap<string, string>, module: string): ScriptPlace | undefined {
  const places = frames.map(({ location }) => ({
    file: files.get(location.scriptId) ?? "",
    line: location.lineNumber + 1,
    column: (location.columnNumber ?? 0) + 1,
  }));
  return places.find(({ file }) => file === module) ?? places.find(({ file }) => isAbsolute(file));
}
