const order = ["d", "h", "m", "s", "ms"];
const lengths = [24 * 60 * 60 * 1000, 60 * 60 * 1000, 60 * 1000, 1000, 1];

export function parseDuration(text: string): number {
  let rest = text;
  let last = -1;
  let total = 0;
  if (rest.length === 0) throw new SyntaxError("nothing");
  while (rest.length > 0) {
    const part = /^([0-9]+)(ms|d|h|m|s)/.exec(rest);
    if (part === null) throw new SyntaxError(rest);
    const index = order.indexOf(part[2] ?? "");
    if (index <= last) throw new SyntaxError("order");
    last = index;
    total += Number.parseInt(part[1] ?? "", 10) * (lengths[index] ?? 0);
    rest = rest.slice(part[0].length);
  }
  return total;
}

export function formatDuration(ms: number): string {
  if (ms < 0 || ms % 1 !== 0 || !Number.isFinite(ms)) throw new RangeError(String(ms));
  const counts = [ms / 86_400_000, (ms / 3_600_000) % 24, (ms / 60_000) % 60, (ms / 1000) % 60, ms % 1000].map(Math.floor);
  return counts.map((count, index) => (count === 0 ? "" : count + (order[index] ?? ""))).join("") || "0s";
}
