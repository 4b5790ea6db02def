import { createHistogram, type LoadError, type LoadResult, loadErrors, makePlan, type SecondOfTraffic } from "@dojang/load";

export interface ExampleRow {
  readonly atMs: number;
  readonly latencyMs: number;
  /** Its place among `GET /a` and `GET /b`. */
  readonly request?: 0 | 1;
  readonly status?: number;
  readonly error?: LoadError;
  readonly requestId?: string;
}

/** What a generator would have told of these requests, over two seconds. For tests. */
export function exampleResult(rows: readonly ExampleRow[], more: Partial<LoadResult> = {}): LoadResult {
  const request = (name: string, url: string) => ({ name, method: "GET", url, headers: [], captures: [], checks: [] });
  const requests = [request("GET /a", "/a"), request("GET /b", "/b")];
  const totalsOf = (own: readonly ExampleRow[]) => {
    const latency = createHistogram();
    for (const { latencyMs } of own) latency.record(latencyMs * 1000);
    const snapshot = latency.snapshot();
    return {
      asked: own.length,
      completed: own.filter(({ status = 200 }) => status !== 0).length,
      bytesIn: 0,
      bytesOut: 0,
      latency: snapshot,
      serviceTime: snapshot,
      statuses: { "200": own.filter(({ status = 200 }) => status === 200).length },
      errors: Object.fromEntries(
        own.flatMap(({ error }) => (error === undefined ? [] : [[error, own.filter((row) => row.error === error).length]])),
      ),
    };
  };
  const second: SecondOfTraffic = {
    at: 0,
    asked: 1,
    started: 1,
    completed: 1,
    errors: 0,
    inFlight: 0,
    waiting: 0,
    connections: 1,
    lagMs: 0,
    generatorCpu: 0.1,
  };
  return {
    plan: makePlan({
      profile: "load",
      ratePerSecond: 10,
      forMs: 2000,
      scenario: { name: "example", flows: [{ name: "visit", weight: 1, requests }], headers: [], variables: {}, data: [] },
      target: { scheme: "http", host: "api", port: 8000, protocol: "http/1.1" },
    }),
    startedAt: 1_000_000,
    durationMs: 2000,
    verdict: { kind: "passed" },
    totals: totalsOf(rows),
    requests: requests.map(({ name }, index) => ({ name, ...totalsOf(rows.filter(({ request: of = 0 }) => of === index)) })),
    series: [second, { ...second, at: 1000 }],
    samples: {
      count: rows.length,
      of: rows.length,
      atMs: Float64Array.from(rows, ({ atMs }) => atMs),
      latencyUs: Uint32Array.from(rows, ({ latencyMs }) => latencyMs * 1000),
      status: Uint16Array.from(rows, ({ status = 200 }) => status),
      request: Uint16Array.from(rows, ({ request: of = 0 }) => of),
      error: Uint8Array.from(rows, ({ error }) => loadErrors.findIndex((each) => each.error === error) + 1),
      requestIds: new Map(rows.flatMap(({ requestId }, row) => (requestId === undefined ? [] : [[row, requestId]]))),
    },
    generator: { lag: createHistogram().snapshot(), cpu: 0.1, connectionsPeak: 1, portsExhausted: 0, limits: [] },
    objectives: [],
    ...more,
  };
}
