function lengthOf(text: string): number {
  const segments = new Intl.Segmenter("en").segment(text);
  let count = 0;
  for (let at = 0; at < text.length; count++) {
    const segment = segments.containing(at);
    if (segment === undefined) break;
    at = segment.index + segment.segment.length;
  }
  return count;
}

export const cleanNickname = (text: string): string => {
  const words = text.normalize().split(/\s/).filter((word) => word !== "");
  const clean = words.join(" ");
  for (const letter of clean) {
    const code = letter.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f || code === 0x200b || code === 0x202e) throw new RangeError(`U+${code.toString(16)}`);
  }
  const length = lengthOf(clean);
  if (length >= 2 && length <= 10) return clean;
  throw new RangeError(`${length} letters`);
};

export const sameNickname = (a: string, b: string): boolean => {
  const [one, other] = [a, b].map((text) => cleanNickname(text).toLowerCase());
  return one === other;
};
