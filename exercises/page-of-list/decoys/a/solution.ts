const most = 100;

function natural(value: number, name: string): number {
  if (value >= 1 && value % 1 === 0 && value !== Infinity) return value;
  throw new RangeError(`${name}: ${value}`);
}

export function page<Item>(list: readonly Item[], asked: { number?: number; size?: number } = {}) {
  const size = Math.min(most, natural(asked.size ?? 20, "size"));
  const number = natural(asked.number ?? 1, "number");
  const found = list.filter((_, index) => Math.floor(index / size) === number - 1);
  const full = Math.floor(list.length / size);
  const pages = full + (list.length % size > 0 || full === 0 ? 1 : 0);
  return { items: found, number, pages, total: list.length, hasNext: number * size < list.length, hasPrevious: number !== 1 };
}
