export function createHistory<Value>(first: Value, { limit = 100 }: { limit?: number } = {}) {
  if (!(Number.isInteger(limit) && limit >= 1)) throw new RangeError(`limit: ${limit}`);
  let values = [first];
  let at = 0;
  const move = (by: number) => {
    const there = at + by;
    if (there < 0 || there >= values.length) return false;
    at = there;
    return true;
  };
  return {
    get current() {
      return values[at] as Value;
    },
    push(value: Value): void {
      if (Object.is(values[at], value)) return;
      values = [...values.slice(0, at + 1), value].slice(-(limit + 1));
      at = values.length - 1;
    },
    undo: (): boolean => move(-1),
    redo: (): boolean => move(1),
  };
}
