import { randomUUID } from "node:crypto";
import { errorOfCode, type LoadResult, requestNames } from "@dojang/load";
import { type Transaction, trafficLane } from "@dojang/model";

const most = 200;

/**
 * Requests of the traffic that carried a request id, as transactions: a slow dot leads to its log records by them. The slowest and
 * those that failed are kept first; bodies and headers were not recorded.
 */
export function sampledTransactions(
  { samples, plan, startedAt }: LoadResult,
  { environment, target }: { environment: string; target: URL },
): readonly Transaction[] {
  const names = requestNames(plan.scenario);
  const requests = new Map(plan.scenario.flows.flatMap((flow) => flow.requests.map((request) => [request.name, request])));
  const rows = [...samples.requestIds.keys()].toSorted((a, b) => weight(samples, b) - weight(samples, a)).slice(0, most);
  return rows.map((row): Transaction => {
    const request = requests.get(names[samples.request[row] ?? 0] ?? "");
    const error = errorOfCode(samples.error[row] ?? 0);
    const status = samples.status[row] ?? 0;
    return {
      id: randomUUID(),
      environment,
      requestId: samples.requestIds.get(row) ?? "",
      lane: trafficLane,
      kind: "http",
      method: request?.method ?? "GET",
      url: `${target.origin}${request?.url ?? "/"}`,
      ...(status === 0 ? {} : { status }),
      requestHeaders: [],
      responseHeaders: [],
      startedAt: startedAt + (samples.atMs[row] ?? 0),
      durationMs: (samples.latencyUs[row] ?? 0) / 1000,
      ...(error === undefined || status > 0 ? {} : { error }),
    };
  });
}

function weight(samples: LoadResult["samples"], row: number): number {
  return (samples.latencyUs[row] ?? 0) + (samples.error[row] === 0 ? 0 : 1e9);
}
