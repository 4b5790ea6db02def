/** String.hashCode. */
export function javaStringHash(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0;
  return hash;
}

/**
 * The order in which a java.util.HashMap of these keys is iterated when they are put in the order given. Templates see it where
 * WireMock hands such a map out (`request.query`), so expectations recorded from it hold here too.
 */
export function hashMapOrder(keys: readonly string[], initialCapacity = 16): string[] {
  let capacity = initialCapacity;
  while (keys.length > capacity * 0.75) capacity *= 2;
  const buckets = new Map<number, string[]>();
  for (const key of keys) {
    const hash = javaStringHash(key);
    const bucket = (hash ^ (hash >>> 16)) & (capacity - 1);
    const held = buckets.get(bucket);
    if (held) held.push(key);
    else buckets.set(bucket, [key]);
  }
  return [...buckets.keys()].sort((a, b) => a - b).flatMap((bucket) => buckets.get(bucket) ?? []);
}

/** The capacity of a java.util.HashMap that was made as a copy of a map of so many entries. */
export function capacityOfCopy(entries: number): number {
  return entries === 0 ? 16 : 2 ** Math.ceil(Math.log2(Math.trunc(entries / 0.75 + 1)));
}
