export function createHistory<Value>(first: Value, { limit = 100 }: { limit?: number } = {}) {
  if (!Number.isInteger(limit) || limit < 1) throw new RangeError("a limit is an integer of 1 or more");
  const past: Value[] = [];
  const future: Value[] = [];
  let current = first;
  return {
    get current() {
      return current;
    },
    push(value: Value): void {
      if (Object.is(value, current)) return;
      future.length = 0;
      past.push(current);
      if (past.length > limit + 1) past.shift();
      current = value;
    },
    undo(): boolean {
      if (past.length === 0) return false;
      future.push(current);
      current = past.pop() as Value;
      return true;
    },
    redo(): boolean {
      if (future.length === 0) return false;
      past.push(current);
      current = future.pop() as Value;
      return true;
    },
  };
}
