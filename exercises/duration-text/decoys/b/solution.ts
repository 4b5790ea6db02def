const seconds = (count: number) => count * 1000;
const table: [string, number][] = [
  ["d", seconds(86_400)],
  ["h", seconds(3_600)],
  ["m", seconds(60)],
  ["s", seconds(1)],
  ["ms", 1],
];

export function parseDuration(text: string): number {
  const parts = text.match(/[0-9]+[a-z]+/g) ?? [];
  if (parts.length === 0 || parts.join("") !== text) throw new SyntaxError(text);
  let from = 0;
  return parts.reduce((sum, part) => {
    const number = Number.parseInt(part, 10);
    const unit = part.replace(/^[0-9]+/, "");
    const at = table.findIndex(([name], index) => index >= from && name === unit);
    if (at < 0) throw new SyntaxError(text);
    from = at + 1;
    return sum + number * (table[at]?.[1] ?? 0);
  }, 0);
}

export function formatDuration(ms: number): string {
  if (!Number.isSafeInteger(ms) || Math.sign(ms) < 0) throw new RangeError("no duration");
  const write = (left: number, [head, ...tail]: [string, number][]): string => {
    if (head === undefined) return "";
    const [unit, length] = head;
    return (left >= length ? `${Math.trunc(left / length)}${unit}` : "") + write(left % length, tail);
  };
  return ms === 0 ? "0s" : write(ms, table);
}
