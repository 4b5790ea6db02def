/**
 * The runner inside a sandbox for TypeScript submissions, whose types are off already. Plain CommonJS, given to `node --eval`.
 *
 * Theory of operation. The test module is imported anew for every run, under an address of its own, and so is the program it imports:
 * `./solution.ts` leads to what this run was given, from memory, and nothing else of the sandbox can be imported but Node's own modules.
 * `node:test` and `vitest` lead to the registry below, which collects tests and runs them in order. Here guest and runner share a
 * process: whatever is said on descriptor 3 is the guest's word about the run it is in. The judge therefore asks in lockstep, gives a process only a few
 * runs, and confirms in new processes what the verdict stands on: see typescript-engine.ts.
 */
const { readSync, writeSync } = require("node:fs");
const { registerHooks } = require("node:module");
const { isBuiltin } = require("node:module");

const channel = 3;
const frameLimitBytes = 4 * 1024 * 1024;
const messageLength = 2000;
const stringify = JSON.stringify;
const now = performance.now.bind(performance);

function receive() {
  const length = readExactly(4).readUInt32BE();
  if (length > frameLimitBytes) process.exit(70);
  return JSON.parse(readExactly(length).toString("utf8"));
}

function readExactly(count) {
  const data = Buffer.alloc(count);
  for (let at = 0; at < count; ) {
    const read = readSync(channel, data, at, count - at, null);
    if (read === 0) process.exit(0);
    at += read;
  }
  return data;
}

function send(message) {
  const body = Buffer.from(stringify(message));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  const data = Buffer.concat([head, body]);
  for (let at = 0; at < data.length; ) at += writeSync(channel, data, at);
}

// ---------------------------------------------------------------- registry

const newSuite = (name, parent, options = {}) => ({
  kind: "suite",
  name,
  parent,
  options,
  children: [],
  hooks: { before: [], after: [], beforeEach: [], afterEach: [] },
});

let root = newSuite("", undefined);
let current = root;
let hasOnly = false;

function parse(args) {
  const name = typeof args[0] === "string" ? args[0] : undefined;
  const fn = args.find((one) => typeof one === "function");
  const options = args.find((one) => typeof one === "object" && one !== null) ?? {};
  return { name: name ?? fn?.name ?? "<anonymous>", fn, options: { ...options } };
}

function registerSuite(extra) {
  return (...args) => {
    const { name, fn, options } = parse(args);
    const suite = newSuite(name, current, { ...options, ...extra });
    if (suite.options.only) hasOnly = true;
    current.children.push(suite);
    const outer = current;
    current = suite;
    const leave = () => {
      current = outer;
    };
    try {
      const result = fn?.(suite);
      // An asynchronous suite is waited for before its tests run.
      if (typeof result?.then === "function") suite.loading = result;
    } finally {
      leave();
    }
    return Promise.resolve();
  };
}

function registerTest(extra) {
  return (...args) => {
    const { name, fn, options } = parse(args);
    const test = { kind: "test", name, fn, options: { ...options, ...extra }, parent: current };
    if (test.options.only) hasOnly = true;
    current.children.push(test);
    return Promise.resolve();
  };
}

function withVariants(register) {
  const make = register({});
  make.skip = register({ skip: true });
  make.todo = register({ todo: true });
  make.only = register({ only: true });
  make.skipIf = (condition) => (condition ? make.skip : make);
  make.runIf = (condition) => (condition ? make : make.skip);
  make.concurrent = make;
  make.sequential = make;
  make.fails = register({ fails: true });
  const each =
    (rows) =>
    (name, fn, ...rest) => {
      for (const [index, row] of rows.entries()) {
        const values = Array.isArray(row) ? row : [row];
        make(fill(name, values, index), (...context) => fn(...values, ...context.slice(0, 0)), ...rest);
      }
    };
  make.each = each;
  make.for = (rows) => (name, fn) => {
    for (const [index, row] of rows.entries()) make(fill(name, Array.isArray(row) ? row : [row], index), (context) => fn(row, context));
  };
  return make;
}

function fill(name, values, index) {
  const { format } = require("node:util");
  let next = 0;
  const first = values[0];
  const named = name.replace(/\$([\w.]+)/g, (whole, path) => {
    const found = path.split(".").reduce((value, key) => value?.[key], first);
    return found === undefined ? whole : format("%o", found).replace(/^'(.*)'$/, "$1");
  });
  return named.replace(/%([sdifjoO#%])/g, (_, kind) => {
    if (kind === "%") return "%";
    if (kind === "#") return String(index);
    return format(`%${kind}`, values[next++]);
  });
}

const hook = (when) => (fn) => {
  current.hooks[when].push(fn);
};

class Deadlock extends Error {}

/** Of a promise, or of an event loop that has nothing left to do and will never settle it. */
async function settled(promise) {
  let fail;
  const stuck = new Promise((_, reject) => {
    // By way of the loop, so that it goes on: it ends after an event that leaves it with nothing to do.
    fail = () => setImmediate(() => reject(new Deadlock("the promise is pending and nothing is left that could settle it")));
  });
  process.once("beforeExit", fail);
  stray = (error) => fail2(error);
  let fail2;
  const strayed = new Promise((_, reject) => {
    fail2 = reject;
  });
  try {
    return await Promise.race([promise, stuck, strayed]);
  } finally {
    process.removeListener("beforeExit", fail);
    stray = undefined;
  }
}

/** What is thrown where nobody catches it belongs to the test that runs. */
let stray;
process.on("uncaughtException", (error) => stray?.(error));
process.on("unhandledRejection", (error) => stray?.(error));

function call(fn, context) {
  if (fn === undefined) return undefined;
  if (fn.length < 2) return fn(context);
  return new Promise((resolve, reject) => fn(context, (error) => (error ? reject(error) : resolve())));
}

function ancestors(node) {
  const found = [];
  for (let at = node.parent; at !== undefined; at = at.parent) found.unshift(at);
  return found;
}

function selected(node) {
  if (!hasOnly) return true;
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

function failure(name, error, durationMs) {
  const isError = typeof error === "object" && error !== null;
  const by = isError && (error.code === "ERR_ASSERTION" || error.name === "AssertionError") ? "assertion" : "error";
  let message;
  try {
    message = isError ? `${by === "assertion" ? "" : `${error.name}: `}${error.message}` : String(error);
  } catch {
    message = "(its message could not be read)";
  }
  return { name, outcome: "failed", by, message: message.slice(0, messageLength), line: lineOf(error), durationMs };
}

function lineOf(error) {
  try {
    const found = /\/work\/[^\s:)]*\.test\.ts[^\s:)]*:(\d+)/.exec(String(error?.stack));
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}

function shuffled(list, random) {
  const copy = [...list];
  for (let at = copy.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [copy[at], copy[other]] = [copy[other], copy[at]];
  }
  return copy;
}

// mulberry32.
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

// ---------------------------------------------------------------- what submissions import

const suite = withVariants(registerSuite);
const test = withVariants(registerTest);
const hooks = { before: hook("before"), after: hook("after"), beforeEach: hook("beforeEach"), afterEach: hook("afterEach") };
const nodeTest = { test, it: test, describe: suite, suite, ...hooks, skip: test.skip, todo: test.todo, only: test.only };
const vitestApi = {
  test,
  it: test,
  describe: suite,
  suite,
  beforeAll: hooks.before,
  afterAll: hooks.after,
  beforeEach: hooks.beforeEach,
  afterEach: hooks.afterEach,
};

const facades = {
  "judge:node-test": (needsMock) => {
    // Loading Node's own takes a third of a start, and few need it.
    const mock = needsMock ? require("node:test").mock : undefined;
    Object.assign(test, nodeTest, { mock });
    return { source: exportsOf([...Object.keys(nodeTest), "mock"]), value: { ...nodeTest, mock, default: test } };
  },
  "judge:vitest": () => ({ source: `${vitestParts}\n${exportsOf(Object.keys(vitestApi))}`, value: vitestApi }),
};

const exportsOf = (names) =>
  `const api = globalThis.judgeFacade;\nexport default api.default ?? api;\n${names.map((name) => `const of_${name} = api.${name}; export { of_${name} as ${name} };`).join("\n")}`;

const vitestParts = `
import * as chai from "file:///runner/node_modules/chai/index.js";
import * as parts from "file:///runner/node_modules/@vitest/expect/dist/index.js";
import * as spy from "file:///runner/node_modules/@vitest/spy/dist/index.js";
import { mock } from "node:test";
chai.use(parts.JestExtend);
chai.use(parts.JestChaiExpect);
chai.use(parts.JestAsymmetricMatchers);
export const expect = Object.assign((value, message) => chai.expect(value, message), chai.expect);
Object.assign(expect, globalThis[parts.ASYMMETRIC_MATCHERS_OBJECT]);
expect.getState = () => parts.getState(expect);
expect.setState = (state) => parts.setState(state, expect);
parts.setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null }, expect);
globalThis[parts.GLOBAL_EXPECT] = expect;
expect.assert = chai.assert;
expect.extend = (matchers) => chai.expect.extend(expect, matchers);
expect.extend(parts.customMatchers ?? {});
expect.unreachable = (message) => chai.assert.fail(message ?? "expected not to be reached");
export const assert = chai.assert;
export const vi = {
  fn: spy.fn,
  spyOn: spy.spyOn,
  isMockFunction: spy.isMockFunction,
  clearAllMocks: () => (spy.clearAllMocks?.(), vi),
  resetAllMocks: () => (spy.resetAllMocks?.(), vi),
  restoreAllMocks: () => (spy.restoreAllMocks?.(), vi),
  useFakeTimers: (options = {}) => (mock.timers.reset(), mock.timers.enable({ apis: ["setTimeout", "setInterval", "setImmediate", "Date"], now: options.now ?? Date.now() }), vi),
  useRealTimers: () => (mock.timers.reset(), vi),
  setSystemTime: (time) => (mock.timers.setTime(new Date(time).getTime()), vi),
  advanceTimersByTime: (ms) => (mock.timers.tick(ms), vi),
  advanceTimersByTimeAsync: async (ms) => {
    for (let left = ms; left > 0; left--) {
      mock.timers.tick(1);
      await Promise.resolve();
      await Promise.resolve();
    }
    return vi;
  },
  runAllTimers: () => (mock.timers.runAll(), vi),
};
export const vitest = vi;
`;

let files = {};
let version = "";
const work = "file:///work/";

const refuse = (specifier, why) => {
  throw Object.assign(new Error(`Cannot find ${JSON.stringify(specifier)}: ${why}`), { code: "ERR_MODULE_NOT_FOUND" });
};

registerHooks({
  resolve(specifier, context, next) {
    const parent = context.parentURL ?? "";
    const isGuest = parent.startsWith(work);
    if (isGuest && specifier === "node:test") return { url: "judge:node-test", shortCircuit: true };
    if (isGuest && specifier === "vitest") return { url: "judge:vitest", shortCircuit: true };
    if (specifier.startsWith(work) || specifier.startsWith("judge:")) return { url: specifier, shortCircuit: true };
    if (!isGuest || isBuiltin(specifier)) return next(specifier, context);
    if (!specifier.startsWith("./") && !specifier.startsWith("../"))
      return refuse(specifier, "there are Node's modules, vitest and the program");
    const wanted = new URL(specifier, parent.split("?")[0]).href.slice(work.length);
    const found = [wanted, `${wanted}.ts`, wanted.replace(/\.js$/, ".ts")].find((name) => Object.hasOwn(files, name));
    if (found === undefined) return refuse(specifier, `the program is ${Object.keys(files).join(", ")}`);
    return { url: `${work}${found}?${version}`, shortCircuit: true };
  },
  load(url, context, next) {
    if (url in facades) return { format: "module", source: facades[url].source, shortCircuit: true };
    if (!url.startsWith(work)) return next(url, context);
    const name = url.slice(work.length).split("?")[0];
    if (!Object.hasOwn(files, name)) return refuse(name, "there is no such file");
    return { format: name.endsWith(".json") ? "json" : "module", source: files[name], shortCircuit: true };
  },
});

/** Imported before any guest, and once: the module keeps what it took from the global name, which goes again. */
async function loadFacade(url, needsMock) {
  const { source, value } = facades[url](needsMock);
  facades[url] = { source };
  globalThis.judgeFacade = value;
  await import(url);
  delete globalThis.judgeFacade;
}

// ---------------------------------------------------------------- runs

async function run(question, setup) {
  root = newSuite("", undefined);
  current = root;
  hasOnly = false;
  version = question.nonce.slice(0, 8);
  files = { ...question.files, [setup.testFile]: setup.tests };
  const tests = [];
  let unloadable;
  try {
    await settled(import(`${work}${setup.testFile}?${version}`));
  } catch (error) {
    unloadable = `${error?.name ?? "Error"}: ${error?.message ?? error}`.slice(0, messageLength);
  }
  if (unloadable === undefined) await runSuite(root, tests, question.shuffle === undefined ? undefined : randomFrom(question.shuffle));
  return { tests, unloadable };
}

/** Timers, sockets and the like that a run left: with them the next run would not begin as this one did. */
const leftovers = () => process.getActiveResourcesInfo().filter((name) => !/^(PipeWrap|TTYWrap|FSReqPromise|Immediate)$/.test(name)).length;

async function main() {
  const setup = receive();
  for (const url of setup.facades) await loadFacade(url, setup.tests.includes("mock"));
  send({ kind: "ready", nonce: setup.nonce });
  const before = leftovers();
  for (;;) {
    const question = receive();
    const { tests, unloadable } = await run(question, setup);
    const memoryBytes = process.resourceUsage().maxRSS * 1024;
    send({ kind: "result", nonce: question.nonce, tests, unloadable, memoryBytes, dirty: leftovers() > before });
  }
}

main().catch((error) => {
  process.stderr.write(`${error?.stack ?? error}\n`);
  process.exit(70);
});
