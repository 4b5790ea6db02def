const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
const pattern = /^(?:(?<d>[0-9]+)d)?(?:(?<h>[0-9]+)h)?(?:(?<m>[0-9]+)m(?!s))?(?:(?<s>[0-9]+)s)?(?:(?<ms>[0-9]+)ms)?$/;

export function parseDuration(text: string): number {
  const found = pattern.exec(text)?.groups;
  if (found === undefined) throw new SyntaxError(`${text} is no duration`);
  let sum = 0;
  for (const [unit, length] of Object.entries(units)) sum += Number(found[unit] ?? 0) * length;
  return sum;
}

export function formatDuration(ms: number): string {
  if (!Number.isInteger(ms) || ms < 0) throw new RangeError(`${ms} is no duration`);
  if (ms === 0) return "0s";
  let left = ms;
  let text = "";
  for (const [unit, length] of Object.entries(units)) {
    const count = Math.floor(left / length);
    if (count > 0) text += `${count}${unit}`;
    left -= count * length;
  }
  return text;
}
