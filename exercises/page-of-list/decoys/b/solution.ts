type Options = { number?: number; size?: number };

export const page = <Item>(items: readonly Item[], options: Options = {}) => {
  const { number, size } = { number: options.number ?? 1, size: options.size ?? 20 };
  for (const value of [number, size]) if (!Number.isSafeInteger(value) || value <= 0) throw new RangeError(String(value));
  const limit = size > 100 ? 100 : size;
  const parts: Item[][] = [];
  for (let at = 0; at < items.length; at += limit) parts.push(items.slice(at, at + limit));
  if (parts.length === 0) parts.push([]);
  return {
    items: parts[number - 1] ?? [],
    number,
    pages: parts.length,
    total: items.length,
    hasNext: parts[number] !== undefined,
    hasPrevious: number >= 2,
  };
};
