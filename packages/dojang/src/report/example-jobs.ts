import type { JobFacts, ShardFacts } from "./run-facts.ts";

/** When the example run began. */
export const exampleOrigin = Date.UTC(2026, 4, 12, 3, 21, 7, 250);

/** Jobs of the example run: seven that ran and one that was skipped. */
export function exampleJobs(failing: boolean): JobFacts[] {
  const job = (id: string, kind: JobFacts["kind"], needs: string[], from: number, to: number, more: Partial<JobFacts> = {}): JobFacts => ({
    ...{
      id,
      kind,
      state: "passed",
      endReason: "done",
      needs,
      queuedAt: exampleOrigin,
      startedAt: exampleOrigin + from,
      finishedAt: exampleOrigin + to,
    },
    shards: [
      {
        shard: 1,
        phases: [{ phase: "steps", startedAt: exampleOrigin + from + 60, durationMs: to - from - 90 }],
        steps: [step(`npm run ${id.split(" ")[0]}`, from + 60, to - from - 90, 0)],
        services: [],
      },
    ],
    ...more,
  });
  const integration = {
    shards: [shard(1, failing), shard(2, failing)],
    ...(failing ? { state: "failed" as const, endReason: "failed" as const } : {}),
  };
  const skipped = {
    state: "skipped" as const,
    endReason: "dependency-failed" as const,
    detail: "needs integration, which failed",
    startedAt: undefined,
    finishedAt: undefined,
    shards: [],
  };
  return [
    job("lint", "steps", [], 40, 6200),
    job("unit", "steps", [], 50, 11_400),
    job("config (staging)", "config", [], 60, 2100),
    job("config (production)", "config", [], 2150, 4200),
    job("linked", "linked", [], 70, 900),
    job("image", "image", [], 6300, 18_800),
    job("integration", "integration", ["lint", "unit", "config (staging)", "config (production)"], 11_500, 95_600, integration),
    job("performance", "performance", ["integration", "image"], 95_650, 96_000, failing ? skipped : {}),
  ];
}

function shard(number: number, failing: boolean): ShardFacts {
  const from = 11_500;
  const services: [string, string, string][] = [
    ["web", "build ./web", "node dist/server.js"],
    ["api", "build ./api", "node dist/server.js"],
    ["worker", "build ./worker", "node dist/worker.js"],
    ["postgres", "postgres:16-alpine", "PostgreSQL 18.4 (npm)"],
    ["redis", "redis:7-alpine", "Redis 7.0.15 (host)"],
    ["mail", "build ./mail", "node mail.js"],
  ];
  return {
    shard: number,
    environment: `todo-42-${number}`,
    phases: [
      { phase: "build", startedAt: exampleOrigin + from + 20, durationMs: 6800 },
      { phase: "environment", startedAt: exampleOrigin + from + 6840, durationMs: 1260 },
      { phase: "prepare", startedAt: exampleOrigin + from + 8120, durationMs: 1100 },
      { phase: "steps", startedAt: exampleOrigin + from + 9240, durationMs: 73_900 },
      { phase: "teardown", startedAt: exampleOrigin + from + 83_200, durationMs: 640 },
    ],
    steps: [
      { ...step("npm run migrate", from + 8120, 1100, 0), service: "api" },
      step(`npx playwright test --shard=${number}/2`, from + 9240, 73_900, failing ? 1 : 0),
    ],
    services: services.map(([name, asked, took], index) => ({
      name,
      asked,
      took,
      state: "healthy",
      restarts: 0,
      readyAfterMs: 240 + index * 170,
    })),
  };
}

function step(command: string, from: number, durationMs: number, exitCode: number): ShardFacts["steps"][number] {
  const output = [
    "",
    "Running 250 tests using 2 workers",
    "  \u001b[32m✓\u001b[39m lists › opens an empty list \u001b[2m(312ms)\u001b[22m",
    exitCode === 0 ? "  \u001b[32mpassed\u001b[39m" : "  \u001b[31m4 failed\u001b[39m",
  ];
  return {
    command,
    exitCode,
    timedOut: false,
    startedAt: exampleOrigin + from,
    durationMs,
    output: output.map((text) => ({ stream: "stdout", text })),
    droppedLines: 0,
  };
}
