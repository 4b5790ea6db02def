import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { exampleRun } from "./example-run.ts";
import { writeAllure } from "./write-allure.ts";

const attachment = z.object({ name: z.string(), source: z.string(), type: z.string() });
const resultSchema = z.object({
  uuid: z.uuid(),
  historyId: z.string(),
  fullName: z.string(),
  status: z.enum(["passed", "failed", "broken", "skipped"]),
  statusDetails: z.object({ message: z.string().optional(), trace: z.string().optional() }),
  start: z.number().int(),
  stop: z.number().int(),
  labels: z.array(z.object({ name: z.string(), value: z.string() })),
  steps: z.array(z.object({ name: z.string(), status: z.string(), attachments: z.array(attachment) })),
  attachments: z.array(attachment),
});

describe("Allure results", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "dojang-allure-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  const results = () =>
    readdirSync(directory)
      .filter((name) => name.endsWith("-result.json"))
      .map((name) => resultSchema.parse(JSON.parse(readFileSync(join(directory, name), "utf8"))));

  it("have one result per attempt, joined by a history id that the next run shares", async () => {
    const facts = exampleRun({ tests: 30, transactionsPerTest: 4, failing: true });
    const written = await writeAllure({ facts, directory });
    expect(readdirSync(directory)).toHaveLength(written);
    const first = results();
    expect(first).toHaveLength(facts.attempts.length);
    const flaky = Map.groupBy(first, (result) => result.historyId);
    expect(
      [...flaky.values()].some(
        (own) =>
          own
            .map((one) => one.status)
            .toSorted()
            .join() === "failed,passed",
      ),
    ).toBe(true);
    await writeAllure({ facts: { ...facts, run: { ...facts.run, id: "run-43", number: 43 } }, directory });
    expect(new Set(results().map((result) => result.historyId)).size).toBe(flaky.size);
    expect(results()).toHaveLength(first.length * 2);
  });

  it("have transactions as steps with their exchange, and the logs of all services", async () => {
    await writeAllure({ facts: exampleRun({ tests: 8, transactionsPerTest: 3, failing: true }), directory });
    const failed = results().find((result) => result.status === "failed");
    const step = failed?.steps.at(-1);
    expect(step).toMatchObject({
      name: expect.stringMatching(/^GET http:\/\/api:8000\S+ -> 500$/),
      status: "broken",
      attachments: [{ name: "HTTP Exchange", type: "application/vnd.allure.http+json" }],
    });
    const exchange = JSON.parse(readFileSync(join(directory, step?.attachments[0]?.source ?? ""), "utf8"));
    expect(exchange).toMatchObject({
      schemaVersion: 1,
      request: { method: "GET" },
      response: { status: 500, body: { encoding: "utf8", value: expect.stringContaining("internal error") } },
    });
    const logs = readFileSync(join(directory, failed?.attachments.find((one) => one.name === "service logs")?.source ?? ""), "utf8");
    expect(logs).toContain("api error");
    expect(logs).toContain("worker info");
  });
});
