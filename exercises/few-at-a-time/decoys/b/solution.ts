export async function mapLimited<Item, Result>(items: readonly Item[], limit: number, work: (item: Item, index: number) => Promise<Result>): Promise<Result[]> {
  if (!Number.isSafeInteger(limit) || limit <= 0) throw new RangeError("limit");
  const under = new Set<Promise<void>>();
  const pairs: [number, Result][] = [];
  for (const [index, item] of items.entries()) {
    const one: Promise<void> = (async () => {
      pairs.push([index, await work(item, index)]);
      under.delete(one);
    })();
    under.add(one);
    if (under.size === limit) await Promise.race(under);
  }
  await Promise.all(under);
  return pairs.sort(([a], [b]) => a - b).map(([, result]) => result);
}
