import { AsyncLocalStorage } from "node:async_hooks";
import { lookUpTestsBy, tokenOf } from "./current-test.mjs";
import { eventsTo } from "./events.mjs";

/**
 * Vitest keeps the state of a worker in `globalThis.__vitest_worker__`, whose `current` is the task that runs. Following its
 * changes tells begin and end; entering an AsyncLocalStorage at the change keeps concurrent tests apart, because Vitest sets it
 * inside the asynchronous flow of the test (seen in versions 3, 4 and 5).
 */
export function installVitest(lanes) {
  const flow = new AsyncLocalStorage();
  const running = new Map();
  const tell = eventsTo(lanes);
  let laneTaken = false;

  const entryOf = (task) => {
    const entry = { task, over: false };
    running.set(task, entry);
    return entry;
  };

  function changed(before, after) {
    if (!laneTaken && process.env.VITEST_POOL_ID) {
      laneTaken = true;
      lanes.useWorker(Math.max(0, Number(process.env.VITEST_POOL_ID) - 1));
    }
    const store = flow.getStore();
    const ending = isTest(after) ? undefined : store && !store.over ? store : running.get(before);
    if (ending) {
      ending.over = true;
      running.delete(ending.task);
      void tell("end", describe(ending.task), statusOf(ending.task));
    }
    if (isTest(after)) {
      flow.enterWith(entryOf(after));
      void tell("begin", describe(after));
    }
    const only = running.size === 1 ? [...running.keys()][0] : undefined;
    lanes.tellChildren(only && tokenOf(describe(only)));
  }

  lookUpTestsBy(() => {
    const store = flow.getStore();
    if (store && !store.over) return describe(store.task);
    return running.size === 1 ? describe([...running.keys()][0]) : undefined;
  });
  onDefined("__vitest_worker__", (state) => watchCurrent(state, changed));
}

function watchCurrent(state, changed) {
  let current = state.current;
  Object.defineProperty(state, "current", {
    configurable: true,
    enumerable: true,
    get: () => current,
    set(next) {
      const before = current;
      current = next;
      try {
        changed(before, next);
      } catch {
        // Vitest goes on; this test is attributed by its lane.
      }
    },
  });
}

/** Vitest defines its state with Object.defineProperty, once per file, on the global object of the file's context. */
function onDefined(name, found) {
  const original = Object.defineProperty;
  Object.defineProperty = function defineProperty(target, key, descriptor) {
    if (key === name && descriptor?.value && typeof descriptor.value === "object") {
      try {
        found(descriptor.value);
      } catch {
        // As above.
      }
    }
    return original(target, key, descriptor);
  };
}

function isTest(task) {
  return task?.type === "test" || task?.type === "custom";
}

function describe(task) {
  const titlePath = [];
  for (let at = task; at && at !== at.file; at = at.suite) if (at.name) titlePath.unshift(at.name);
  return { file: task.file.filepath, titlePath, attempt: 1 + (task.result?.retryCount ?? 0) };
}

function statusOf(task) {
  const state = task.result?.state;
  return state === "fail" ? "failed" : state === "pass" ? "passed" : undefined;
}
