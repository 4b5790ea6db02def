/** JSON pointers (RFC 6901), as places in documents are named: `/paths/~1things/get`. The whole document is the empty text. */
export function pointerTo(parent: string, key: string | number): string {
  const text = String(key);
  return `${parent}/${text.includes("~") || text.includes("/") ? text.replaceAll("~", "~0").replaceAll("/", "~1") : text}`;
}

export function pointerKeys(pointer: string): readonly string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Of a `$ref`: the fragment is percent-encoded there. Text that is no valid encoding stands for itself. */
export function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
