const hidden = /[\u0000-\u001f\u007f\u200b\u202e]/;
const letters = new Intl.Segmenter("ko", { granularity: "grapheme" });

export function cleanNickname(text: string): string {
  const clean = text.normalize("NFKC").replace(/\s+/g, " ").trim();
  if (hidden.test(clean)) throw new RangeError("a nickname has no characters that cannot be seen");
  const count = [...letters.segment(clean)].length;
  if (count < 2 || count > 10) throw new RangeError(`a nickname has 2 to 10 letters, not ${count}`);
  return clean;
}

export function sameNickname(a: string, b: string): boolean {
  return cleanNickname(a).toLowerCase() === cleanNickname(b).toLowerCase();
}
