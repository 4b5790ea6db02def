type Random = () => number;
const dates = ["2024-05-02", "2024-05-03", "2024-05-04", "2024-05-05", "2024-05-06", "2024-02-28", "2024-02-30", "2023-02-29", "2023-12-29"];
const numbers = [0, 0, 1, 2, 3, 5, 10, -1, -2, -5, 0.5];
const holidays = ["2024-05-06", "2024-05-10", "2024-01-01", "2024-05-01", "2024-02-29"];

const pick = <Value>(random: Random, values: Value[]) => values[Math.floor(random() * values.length)] as Value;

export function generate(random: Random) {
  return { date: pick(random, dates), days: pick(random, numbers), free: holidays.filter(() => random() < 0.5) };
}

export function observe(
  solution: { addWorkingDays: (date: string, days: number, holidays: string[]) => string },
  { date, days, free }: { date: string; days: number; free: string[] },
) {
  return solution.addWorkingDays(date, days, free);
}
