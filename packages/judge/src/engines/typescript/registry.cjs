/** What a test module calls while it is imported: it collects suites, tests and hooks as a tree, of which nothing is run here. */
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
let tests = 0;

/** An empty tree; gives its root. */
function begin() {
  root = newSuite("", undefined);
  current = root;
  hasOnly = false;
  tests = 0;
  return root;
}

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
    tests++;
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

module.exports = {
  begin,
  newSuite,
  parse,
  hasOnly: () => hasOnly,
  testCount: () => tests,
  suite: withVariants(registerSuite),
  test: withVariants(registerTest),
  hooks: { before: hook("before"), after: hook("after"), beforeEach: hook("beforeEach"), afterEach: hook("afterEach") },
};
