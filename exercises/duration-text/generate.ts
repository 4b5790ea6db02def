type Random = () => number;
type Solution = { parseDuration: (text: string) => number; formatDuration: (ms: number) => string };
const texts = ["", "1d", "1h30m", "30m1h", "1h30x", " 1h", "1h ", "90m", "1ms", "1m1ms", "0s", "5", "-1s", "2d3h4m5s6ms", "1s1s"];
const numbers = [0, 1, 999, 1000, 60_000, 3_600_000, 6_000_000, 86_400_000, 90_061_001, -1, -60_000, 1.5];

const attempt = (work: () => unknown) => {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error.name : "thrown";
  }
};

export function generate(random: Random) {
  return { text: texts[Math.floor(random() * texts.length)] ?? "", ms: numbers[Math.floor(random() * numbers.length)] ?? 0 };
}

export function observe({ parseDuration, formatDuration }: Solution, { text, ms }: { text: string; ms: number }) {
  return [attempt(() => parseDuration(text)), attempt(() => formatDuration(ms))];
}
