/** `vitest` as submissions import it: its own assertions and spies under the judge's registry, for all of vitest starts in 0.7 s. */
module.exports = `
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
