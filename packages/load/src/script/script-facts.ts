/** What scripts told beside their requests. */
export interface ScriptFacts {
  /** Sessions that were begun in the judged part. */
  readonly sessions: number;
  readonly checks: readonly CheckCount[];
  /** Each once, the first ones that came; `at` is file:line:column where it is known. */
  readonly errors: readonly ScriptError[];
}

export interface CheckCount {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
}

export interface ScriptError {
  readonly message: string;
  readonly at?: string;
  readonly times: number;
}

/** Different checks and errors that are kept; the rest is counted under one name. */
const mostKept = 100;
const longestMessage = 500;
const others = "(others)";

export interface ScriptCounts {
  begun(): void;
  check(name: string, holds: boolean): void;
  error(message: string, at: string | undefined): void;
  facts(): ScriptFacts;
  reset(): void;
}

export function createScriptCounts(): ScriptCounts {
  let sessions = 0;
  const checks = new Map<string, { passed: number; failed: number }>();
  const errors = new Map<string, { message: string; at: string | undefined; times: number }>();
  return {
    begun() {
      sessions++;
    },
    check(name, holds) {
      const counted = entry(checks, name, () => ({ passed: 0, failed: 0 }));
      if (holds) counted.passed++;
      else counted.failed++;
    },
    error(message, at) {
      const text = message.slice(0, longestMessage);
      entry(errors, `${at}\n${text}`, (key) =>
        key === others ? { message: others, at: undefined, times: 0 } : { message: text, at, times: 0 },
      ).times++;
    },
    facts: () => ({
      sessions,
      checks: Array.from(checks, ([name, counted]) => ({ name, ...counted })),
      errors: Array.from(errors.values(), ({ message, at, times }) => ({ message, times, ...(at === undefined ? {} : { at }) })),
    }),
    reset() {
      sessions = 0;
      checks.clear();
      errors.clear();
    },
  };
}

function entry<Value>(map: Map<string, Value>, wanted: string, make: (key: string) => Value): Value {
  const key = map.has(wanted) || map.size < mostKept ? wanted : others;
  const known = map.get(key) ?? make(key);
  map.set(key, known);
  return known;
}

/** Of all threads. */
export function mergeScriptFacts(parts: readonly ScriptFacts[]): ScriptFacts {
  const checks = new Map<string, CheckCount>();
  const errors = new Map<string, ScriptError>();
  for (const part of parts) {
    for (const { name, passed, failed } of part.checks) {
      const known = checks.get(name);
      checks.set(name, { name, passed: passed + (known?.passed ?? 0), failed: failed + (known?.failed ?? 0) });
    }
    for (const error of part.errors) {
      const key = `${error.at}\n${error.message}`;
      errors.set(key, { ...error, times: error.times + (errors.get(key)?.times ?? 0) });
    }
  }
  return {
    sessions: parts.reduce((sum, part) => sum + part.sessions, 0),
    checks: [...checks.values()],
    errors: [...errors.values()].sort((a, b) => b.times - a.times),
  };
}
