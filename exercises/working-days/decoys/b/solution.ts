const monthLengths = (year: number) => [31, (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function* walk(year: number, month: number, day: number, step: 1 | -1) {
  for (;;) {
    yield `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
    day += step;
    if (day < 1) {
      month--;
      if (month < 1) {
        month = 12;
        year--;
      }
      day = monthLengths(year)[month - 1] ?? 0;
    } else if (day > (monthLengths(year)[month - 1] ?? 0)) {
      day = 1;
      month++;
      if (month > 12) {
        month = 1;
        year++;
      }
    }
  }
}

export function addWorkingDays(date: string, days: number, holidays: readonly string[] = []): string {
  const parts = date.split("-");
  if (parts.map((part) => part.length).join() !== "4,2,2" || /[^0-9-]/.test(date)) throw new RangeError(date);
  const [year = 0, month = 0, day = 0] = parts.map(Number);
  const length = monthLengths(year)[month - 1];
  if (length === undefined || day < 1 || day > length || !Number.isSafeInteger(days)) throw new RangeError(`${date} ${days}`);
  const works = (text: string) => ![0, 6].includes(new Date(text).getUTCDay()) && !holidays.some((one) => one === text);
  let left = Math.abs(days);
  let first = true;
  for (const text of walk(year, month, day, days < 0 ? -1 : 1)) {
    if (days === 0) {
      if (works(text)) return text;
    } else if (!first && works(text) && --left === 0) return text;
    first = false;
  }
  throw new RangeError("never");
}
