import { listProc, readProc, sumMemoryBytes } from "@dojang/runtime";
import type { JudgeLimits } from "../contract.ts";

const lookEveryMs = 40;
/** bwrap's two and up to three of the runner. */
const ownProcesses = 5;

export interface Watch {
  readonly limits: JudgeLimits;
  readonly ownMemoryBytes: number;
  /** Whether the kernel counts memory for us. */
  readonly counted: boolean;
  end(why: "memory" | "processes"): void;
}

/**
 * Limits that nothing in the kernel may hold for us: memory of all processes together where there is no control group, and their number.
 * Looking is done in the judge's own turn: it ends where the answer is known, costs a tenth of the time at most, and is over when a limit was broken.
 */
export function watchProcesses(root: number, { limits, ownMemoryBytes, counted, end }: Watch): () => void {
  const mostProcesses = limits.processes + ownProcesses;
  let timer: NodeJS.Timeout;
  const again = (afterMs: number) => {
    timer = setTimeout(look, afterMs).unref();
  };
  const look = () => {
    const begun = performance.now();
    const pids = descendants(root, mostProcesses + 1);
    if (pids.length > mostProcesses) return end("processes");
    if (!counted && sumMemoryBytes(pids) > limits.memoryBytes + ownMemoryBytes) return end("memory");
    again(Math.max(lookEveryMs, (performance.now() - begun) * 10));
  };
  again(lookEveryMs);
  return () => clearTimeout(timer);
}

/** Whose children are looked for: a Node has a dozen threads, and any of them may have some. */
const mostTasks = 1_024;

/** With the root, and no more than so many. Who left its parent has the first process of the namespace as one, which is a descendant too. */
export function descendants(root: number, most: number): readonly number[] {
  const found = [root];
  let tasks = 0;
  for (let index = 0; index < found.length; index++) {
    const pid = found[index];
    for (const task of listProc(`/proc/${pid}/task`)) {
      if (found.length >= most || ++tasks > mostTasks) return found.slice(0, most);
      for (const child of readProc(`/proc/${pid}/task/${task}/children`).split(" ")) if (child !== "") found.push(Number(child));
    }
  }
  return found.slice(0, most);
}
