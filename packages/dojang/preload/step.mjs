/**
 * Loaded into every Node process of a step by NODE_OPTIONS=--require. It gives the process's HTTP traffic to the recorder
 * and says which test asks; tests and application need no change. Without DOJANG_LANES, or with DOJANG_PRELOAD=off, it does
 * nothing. Whatever fails here leaves the process as it would have been: recording is never worth a broken test.
 *
 *   step/lanes.mjs        which of the recorder's lanes this process uses
 *   step/routing.mjs      sends fetch, http and https through the lane by CONNECT
 *   step/current-test.mjs which test runs now, and how it is told on the wire
 *   step/events.mjs       tells the recorder when tests begin and end
 *   step/vitest.mjs, node-test.mjs, playwright.mjs   ask the runner, through what it offers, which test runs
 */
import { createRequire } from "node:module";
import { readLanes } from "./step/lanes.mjs";

// Everything is loaded at once, without a wait: only then can this file be required, as service.mjs says why it must be.
const require = createRequire(import.meta.url);

function main() {
  const lanes = readLanes(process.env);
  if (lanes === undefined || process.env.DOJANG_PRELOAD === "off") return;
  const mark = Symbol.for("dojang.step");
  if (globalThis[mark]) return;
  globalThis[mark] = true;
  const { installRouting } = require("./step/routing.mjs");
  const { watchPackages } = require("./step/packages.mjs");
  const { playwrightPatches } = require("./step/playwright.mjs");
  const undici = installRouting(lanes);
  if (process.env.NODE_TEST_CONTEXT) require("./step/node-test.mjs").installNodeTest(lanes);
  if (process.env.VITEST) require("./step/vitest.mjs").installVitest(lanes);
  watchPackages({ undici, playwright: playwrightPatches(lanes) });
}

try {
  main();
} catch (error) {
  if (process.env.DOJANG_DEBUG) process.stderr.write(`dojang: this process is not recorded exactly: ${error?.stack ?? error}\n`);
}
