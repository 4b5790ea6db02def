/** What submissions import as `node:test` and `vitest`: modules over the registry, which are loaded before any guest. */
const { hooks, suite, test } = require("./registry.cjs");
const vitestSource = require("./vitest-source.cjs");

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
  "judge:vitest": () => ({ source: `${vitestSource}\n${exportsOf(Object.keys(vitestApi))}`, value: vitestApi }),
};

const exportsOf = (names) =>
  `const api = globalThis.judgeFacade;\nexport default api.default ?? api;\n${names.map((name) => `const of_${name} = api.${name}; export { of_${name} as ${name} };`).join("\n")}`;

/** Imported before any guest, and once: the module keeps what it took from the global name, which goes again. */
async function loadFacade(url, needsMock) {
  const { source, value } = facades[url](needsMock);
  facades[url] = { source };
  globalThis.judgeFacade = value;
  await import(url);
  delete globalThis.judgeFacade;
}

module.exports = { facades, loadFacade };
