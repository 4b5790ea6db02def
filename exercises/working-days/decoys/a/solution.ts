class Day {
  readonly date: Date;
  constructor(date: Date) {
    this.date = date;
  }
  static read(text: string): Day {
    const [, year, month, day] = (/^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []).map(Number);
    if (year === undefined || month === undefined || day === undefined) throw new RangeError(text);
    const date = new Date(Date.UTC(year, month - 1, day));
    if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) throw new RangeError(text);
    return new Day(date);
  }
  plus(days: number): Day {
    const date = new Date(this.date);
    date.setUTCDate(date.getUTCDate() + days);
    return new Day(date);
  }
  toString(): string {
    return this.date.toISOString().split("T")[0] ?? "";
  }
  works(holidays: readonly string[]): boolean {
    return this.date.getUTCDay() % 6 !== 0 && !holidays.includes(String(this));
  }
}

export function addWorkingDays(date: string, days: number, holidays: readonly string[] = []): string {
  let day = Day.read(date);
  if (days % 1 !== 0 || !Number.isFinite(days)) throw new RangeError(String(days));
  if (days === 0) {
    for (; !day.works(holidays); day = day.plus(1));
    return String(day);
  }
  const direction = Math.sign(days);
  let counted = 0;
  while (counted !== days) {
    day = day.plus(direction);
    if (day.works(holidays)) counted += direction;
  }
  return String(day);
}
