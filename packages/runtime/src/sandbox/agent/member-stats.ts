import type { ServiceStats } from "../../contract.ts";
import { networkBytes, sumProcessNumbers } from "../../supervision/process-numbers.ts";
import type { SeenProcess } from "../../supervision/process-tree.ts";

/** What the processes of one member use. Each member has a network of its own, so any of them tells of it. */
export function memberStats(service: string, processes: readonly SeenProcess[]): ServiceStats {
  const [first] = processes;
  const network = first === undefined ? undefined : networkBytes(first.pid);
  return {
    service,
    at: performance.timeOrigin + performance.now(),
    processes: processes.length,
    ...sumProcessNumbers(processes.map((one) => one.pid)),
    ...(network === undefined ? {} : { networkReceivedBytes: network.received, networkSentBytes: network.sent }),
  };
}
