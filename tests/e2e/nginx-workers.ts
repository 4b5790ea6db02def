import { readFile } from "node:fs/promises";
import { findProcesses } from "./leftovers.ts";

/** Process numbers of those who answer visitors: others after each reload. They do not name the state folder, their master does. */
export async function nginxWorkers(home: string): Promise<readonly number[]> {
  const masters = (await findProcesses(home)).filter(({ command }) => command.startsWith("nginx: master"));
  const workers = await Promise.all(masters.map(({ pid }) => readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "")));
  return workers.flatMap((text) => text.trim().split(" ").filter(Boolean).map(Number)).sort((a, b) => a - b);
}
