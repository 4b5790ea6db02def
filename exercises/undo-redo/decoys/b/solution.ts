interface Step<Value> {
  readonly value: Value;
  before?: Step<Value>;
  after?: Step<Value>;
}

export function createHistory<Value>(first: Value, options: { limit?: number } = {}) {
  const limit = options.limit ?? 100;
  if (limit < 1 || Math.floor(limit) !== limit || limit === Infinity || Number.isNaN(limit)) throw new RangeError("limit");
  let now: Step<Value> = { value: first };
  const forgetOld = () => {
    let step = now;
    for (let count = 0; count < limit && step.before; count++) step = step.before;
    step.before = undefined;
  };
  return {
    get current() {
      return now.value;
    },
    push(value: Value): void {
      if (Object.is(now.value, value)) return;
      const next: Step<Value> = { value, before: now };
      now.after = next;
      now = next;
      forgetOld();
    },
    undo(): boolean {
      if (now.before === undefined) return false;
      now = now.before;
      return true;
    },
    redo(): boolean {
      if (now.after === undefined) return false;
      now = now.after;
      return true;
    },
  };
}
