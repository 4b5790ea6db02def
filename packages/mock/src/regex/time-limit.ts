import vm from "node:vm";

export type Timed<T> = { readonly done: true; readonly value: T } | { readonly done: false };

/**
 * Runs a synchronous task and ends it when its time is up, also within a regular expression that backtracks: V8 stops whatever
 * JavaScript runs in this thread. It costs about 0.1 ms, so it is for what may be slow. Errors of the task pass through.
 */
export function withinTime<T>(timeoutMs: number, task: () => T): Timed<T> {
  runner ??= makeRunner();
  return runner(timeoutMs, task);
}

type Runner = <T>(timeoutMs: number, task: () => T) => Timed<T>;

/** Made when first needed, for a context takes a megabyte. It holds nothing between calls. */
let runner: Runner | undefined;

function makeRunner(): Runner {
  const globals: { task: (() => unknown) | undefined } = { task: undefined };
  const context = vm.createContext(globals);
  const script = new vm.Script("task()");
  return <T>(timeoutMs: number, task: () => T): Timed<T> => {
    const outer = globals.task;
    globals.task = task;
    try {
      // The script's value is what `task` returned.
      return { done: true, value: script.runInContext(context, { timeout: timeoutMs }) as T };
    } catch (error) {
      if (isTimeout(error)) return { done: false };
      throw error;
    } finally {
      globals.task = outer;
    }
  };
}

/** The error may be of the context's own realm, where `instanceof Error` does not hold. */
function isTimeout(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
