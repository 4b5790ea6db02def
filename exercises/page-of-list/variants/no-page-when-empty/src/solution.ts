export interface Page<Item> {
  items: Item[];
  number: number;
  pages: number;
  total: number;
  hasNext: boolean;
  hasPrevious: boolean;
}

export function page<Item>(items: readonly Item[], { number = 1, size = 20 }: { number?: number; size?: number } = {}): Page<Item> {
  if (!Number.isInteger(size) || size < 1) throw new RangeError("size has to be an integer of 1 or more");
  if (!Number.isInteger(number) || number < 1) throw new RangeError("number has to be an integer of 1 or more");
  const used = Math.min(size, 100);
  const start = (number - 1) * used;
  const pages = Math.ceil(items.length / used);
  return {
    items: items.slice(start, start + used),
    number,
    pages,
    total: items.length,
    hasNext: number < pages,
    hasPrevious: number > 1,
  };
}
