/** The registry's tree, run in order: hooks, tests, subtests; what happened is pushed to a report. */
const { failure } = require("./failure.cjs");
const { hasOnly, newSuite, parse } = require("./registry.cjs");
const { shuffled } = require("./seeded-order.cjs");
const { call, settled } = require("./settled.cjs");

const now = performance.now.bind(performance);

function ancestors(node) {
  const found = [];
  for (let at = node.parent; at !== undefined; at = at.parent) found.unshift(at);
  return found;
}

function selected(node) {
  if (!hasOnly()) return true;
  const marked = (one) => one.options?.only === true;
  return marked(node) || ancestors(node).some(marked) || (node.kind === "suite" && node.children.some(selected));
}

const skipped = (node) => node.options.skip || node.options.todo;

async function runSuite(suite, report, random) {
  if (suite.loading !== undefined) await settled(suite.loading);
  const children = random === undefined ? suite.children : shuffled(suite.children, random);
  let broken;
  try {
    for (const before of suite.hooks.before) await settled(call(before, {}));
  } catch (error) {
    broken = error;
  }
  for (const child of children) {
    if (!selected(child)) continue;
    if (child.kind === "test") await runTest(child, report, broken);
    else if (skipped(child)) report.push({ name: path(child), outcome: "skipped", durationMs: 0 });
    else await runSuite(child, report, random);
  }
  for (const after of suite.hooks.after) {
    try {
      await settled(call(after, {}));
    } catch (error) {
      report.push(failure(`${path(suite)} (after)`, error, 0));
    }
  }
}

const path = (node) =>
  [...ancestors(node), node]
    .map((one) => one.name)
    .filter((name) => name !== "")
    .join(" > ");

async function runTest(test, report, broken) {
  const name = path(test);
  if (skipped(test)) return void report.push({ name, outcome: "skipped", durationMs: 0 });
  if (broken !== undefined) return void report.push(failure(name, broken, 0));
  const begun = now();
  const inside = [];
  const state = { skipped: false, afters: [], mock: undefined };
  const suites = ancestors(test);
  let error;
  let failed = false;
  try {
    for (const suite of suites) for (const before of suite.hooks.beforeEach) await settled(call(before, {}));
    await settled(call(test.fn, contextOf(test, { inside, state, name })));
  } catch (thrown) {
    error = thrown;
    failed = true;
  }
  const afters = [...state.afters, ...suites.reverse().flatMap((suite) => suite.hooks.afterEach)];
  for (const after of afters) {
    try {
      await settled(call(after, {}));
    } catch (thrown) {
      error ??= thrown;
      failed = true;
    }
  }
  state.mock?.reset();
  report.push(...inside);
  const durationMs = now() - begun;
  if (test.options.fails) {
    if (failed) return void report.push({ name, outcome: "passed", durationMs });
    return void report.push(failure(name, new Error("expected to fail"), durationMs));
  }
  if (failed) report.push(failure(name, error, durationMs));
  else report.push({ name, outcome: state.skipped ? "skipped" : "passed", durationMs });
}

/** The TestContext of node:test, as far as a single file of tests asks for it; vitest's has the same names where it has any. */
function contextOf(test, { inside, state, name }) {
  const context = {
    name: test.name,
    task: { name: test.name },
    fullName: name,
    assert: require("node:assert"),
    signal: new AbortController().signal,
    diagnostic() {},
    plan() {},
    skip: () => {
      state.skipped = true;
    },
    todo: () => {
      state.skipped = true;
    },
    after: (fn) => state.afters.push(fn),
    onTestFinished: (fn) => state.afters.push(fn),
    before: (fn) => fn(),
    get mock() {
      state.mock ??= new (require("node:test").mock.constructor)();
      return state.mock;
    },
    test: async (...args) => {
      const { name: own, fn, options } = parse(args);
      const child = { kind: "test", name: own, fn, options, parent: { ...newSuite(test.name, test.parent), hooks: emptyHooks } };
      await runTest(child, inside);
      if (inside.at(-1)?.outcome === "failed") throw new Error(`subtest failed: ${own}`);
    },
  };
  context.it = context.test;
  return context;
}

const emptyHooks = { before: [], after: [], beforeEach: [], afterEach: [] };

module.exports = { runSuite };
