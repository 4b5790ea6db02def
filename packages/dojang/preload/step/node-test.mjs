import { createRequire } from "node:module";
import { lookUpTestsBy, tokenOf } from "./current-test.mjs";
import { eventsTo } from "./events.mjs";

/**
 * node:test, in the process of one test file. Hooks at the root run around every test; where Node has `getTestContext` it
 * also tells concurrent tests apart, elsewhere (Node 20 has none) the test that began last counts.
 */
export function installNodeTest(lanes) {
  lanes.claim();
  const runner = createRequire(import.meta.url)("node:test");
  const tell = eventsTo(lanes);
  const running = new Map();
  runner.beforeEach(async (context) => {
    const test = describe(context);
    running.set(context.fullName, test);
    lanes.tellChildren(running.size === 1 ? tokenOf(test) : undefined);
    await tell("begin", test);
  });
  runner.afterEach(async (context) => {
    running.delete(context.fullName);
    lanes.tellChildren();
    await tell("end", describe(context), context.error ? "failed" : context.passed ? "passed" : undefined);
  });
  lookUpTestsBy(() => {
    const context = runner.getTestContext?.();
    const known = context && (running.get(context.fullName) ?? (isTest(context) ? describe(context) : undefined));
    return known ?? [...running.values()].at(-1);
  });
}

function isTest(context) {
  return typeof context.test === "function";
}

function describe(context) {
  return {
    file: context.filePath ?? process.argv[1] ?? "",
    titlePath: [context.fullName ?? context.name],
    attempt: 1 + (context.attempt ?? 0),
  };
}
