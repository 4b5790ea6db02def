export async function mapLimited<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  if (!Number.isInteger(limit) || limit < 1) throw new RangeError("limit has to be an integer of 1 or more");
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += limit) {
    const batch = items.slice(at, at + limit);
    results.push(...(await Promise.all(batch.map((item, index) => work(item, at + index)))));
  }
  return results;
}
