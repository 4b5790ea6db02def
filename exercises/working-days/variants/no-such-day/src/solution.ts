const dayMs = 86_400_000;

export function addWorkingDays(date: string, days: number, holidays: readonly string[] = []): string {
  if (!Number.isInteger(days)) throw new RangeError(`${days} is no number of days`);
  const free = new Set(holidays);
  const isWorking = (time: number) => {
    const weekday = new Date(time).getUTCDay();
    return weekday !== 0 && weekday !== 6 && !free.has(textOf(time));
  };
  let time = timeOf(date);
  if (days === 0) while (!isWorking(time)) time += dayMs;
  const step = days < 0 ? -dayMs : dayMs;
  for (let left = Math.abs(days); left > 0; ) {
    time += step;
    if (isWorking(time)) left--;
  }
  return textOf(time);
}

function timeOf(date: string): number {
  const time = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(time)) throw new RangeError(`${date} is no date`);
  return time;
}

function textOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
