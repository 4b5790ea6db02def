import { stripVTControlCharacters } from "node:util";
import type { RunEvent } from "@dojang/model";
import type { RunProgress } from "./run-progress.ts";

export interface LiveOptions {
  readonly write: (text: string) => void;
  /** Prints what stays on the screen; the moving lines live below it. */
  readonly plain: RunProgress;
  readonly columns: () => number;
}

const frameMs = 120;
const spinner = ["-", "\\", "|", "/"];

/** Finished things scroll away as plain lines; below them, one moving line for each running job. */
export function createLiveProgress({ write, plain, columns }: LiveOptions): RunProgress {
  const running = new Map<string, { since: number; doing: string }>();
  let drawnLines = 0;
  let frame = 0;

  function erase(): void {
    if (drawnLines > 0) write(`\u001b[${drawnLines}A\u001b[0J`);
    drawnLines = 0;
  }

  function draw(): void {
    erase();
    for (const [job, { since, doing }] of running) {
      const mark = spinner[frame % spinner.length];
      const text = `${mark} ${job} ${((performance.now() - since) / 1000).toFixed(0)} s  ${doing}`;
      write(`${text.slice(0, Math.max(columns() - 1, 20))}\n`);
      drawnLines++;
    }
    frame++;
  }

  const timer = setInterval(draw, frameMs);
  timer.unref();

  function follow(event: RunEvent): void {
    if (event.kind === "job-started") running.set(event.job, { since: performance.now(), doing: "" });
    if (event.kind === "job-finished") running.delete(event.job);
    const entry = "job" in event && event.job !== undefined ? running.get(event.job) : undefined;
    if (entry) entry.doing = doingNow(event) ?? entry.doing;
  }

  return {
    show(event) {
      erase();
      follow(event);
      plain.show(event);
      draw();
    },
    close() {
      clearInterval(timer);
      erase();
    },
  };
}

function doingNow(event: RunEvent): string | undefined {
  if (event.kind === "step-started") return event.step;
  if (event.kind === "service") return `${event.service} ${event.state}`;
  if (event.kind === "load") return describeSecond(event);
  if (event.kind === "output") return stripVTControlCharacters(event.text.trimEnd().split("\n").at(-1) ?? "").trim();
  return undefined;
}

function describeSecond({ profile, second, asked, completed, errors, p50Ms, p99Ms }: Extract<RunEvent, { kind: "load" }>): string {
  const latency = p50Ms === undefined ? "no answers" : `p50 ${p50Ms.toFixed(1)} p99 ${(p99Ms ?? p50Ms).toFixed(1)} ms`;
  return `${profile} ${second} s: asked ${asked}/s, answered ${completed}/s, ${latency}${errors > 0 ? `, ${errors} errors` : ""}`;
}
