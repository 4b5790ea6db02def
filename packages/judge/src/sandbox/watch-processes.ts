import { readdirSync, readFileSync } from "node:fs";
import { sumMemoryBytes } from "@dojang/runtime";
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

/** Limits that nothing in the kernel may hold for us: memory of all processes together where there is no control group, and their number. */
export function watchProcesses(root: number, { limits, ownMemoryBytes, counted, end }: Watch): () => void {
  const timer = setInterval(() => {
    const pids = descendants(root);
    if (pids.length > limits.processes + ownProcesses) end("processes");
    else if (!counted && sumMemoryBytes(pids) > limits.memoryBytes + ownMemoryBytes) end("memory");
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

const most = 4_096;

/** Who left its parent has the first process of the namespace as one, which is a descendant too. */
function descendants(root: number): readonly number[] {
  const found = [root];
  for (let index = 0; index < found.length && found.length < most; index++) {
    const pid = found[index];
    for (const thread of quietly(() => readdirSync(`/proc/${pid}/task`)) ?? []) {
      const text = quietly(() => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")) ?? "";
      for (const child of text.split(" ")) if (child !== "") found.push(Number(child));
    }
  }
  return found;
}

/** A process may end between two looks. */
function quietly<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
