export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1) return `${milliseconds.toFixed(2)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
}

/** Wall clock of the reader, to the millisecond: 12:31:02.123 */
export function formatTime(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** Seconds after a beginning: +1.203 s */
export function formatOffset(milliseconds: number): string {
  return `${milliseconds < 0 ? "−" : "+"}${(Math.abs(milliseconds) / 1000).toFixed(3)} s`;
}

export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), units.length);
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** Rounded down: 99.96 % is not 100 %. */
export function formatPercent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${Math.floor((part / whole) * 1000) / 10} %`;
}

/** `[1, 2, 3, 7]` is `1–3, 7`. */
export function formatLines(lines: readonly number[]): string {
  const ranges: string[] = [];
  for (let from = 0; from < lines.length; ) {
    let to = from;
    while (lines[to + 1] === (lines[to] ?? 0) + 1) to += 1;
    ranges.push(from === to ? `${lines[from]}` : `${lines[from]}–${lines[to]}`);
    from = to + 1;
  }
  return ranges.join(", ");
}
