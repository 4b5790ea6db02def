import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";
import { continueTrace, runInTrace } from "./trace-context.ts";

function capturingLogger() {
  const lines: string[] = [];
  const logger = createLogger({ service: "test", level: "info", destination: { write: (line) => void lines.push(line) } });
  return { logger, records: () => lines.map((line): Record<string, unknown> => JSON.parse(line)) };
}

test("a line inside a request names its trace", () => {
  const { logger, records } = capturingLogger();
  const trace = continueTrace(undefined);

  runInTrace(trace, () => logger.info("inside"));
  logger.info("outside");

  expect(records()).toMatchObject([
    { level: "info", service: "test", msg: "inside", trace_id: trace.traceId },
    { level: "info", msg: "outside" },
  ]);
  expect(records()[1]).not.toHaveProperty("trace_id");
});

test("an error keeps its stack, a secret does not get through", () => {
  const { logger, records } = capturingLogger();

  logger.error({ err: new Error("broken"), password: "hunter2" }, "it broke");

  expect(records()[0]).toMatchObject({ level: "error", err: { message: "broken", stack: expect.stringContaining("logger.test.ts") } });
  expect(JSON.stringify(records())).not.toContain("hunter2");
});
