export function isDateFormat(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  return isDay(Number(year), Number(month), Number(day));
}

/** Of the calendar that has always been as it is. */
function isDay(year: number, month: number, day: number): boolean {
  if (!(month >= 1 && month <= 12 && day >= 1)) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 ? (isLeap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31);
}

/** RFC 3339 with up to nine digits of a second. Behind the `Z` of whole seconds WireMock's parser reads no further. */
export function isDateTimeFormat(text: string): boolean {
  const match = DATE_TIME.exec(text);
  if (!match) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const offset = match[7] === undefined ? 0 : minutesOf(match[7]);
  if (offset === undefined || Math.abs(offset) > MAX_OFFSET_MINUTES || match[7] === "-00:00") return false;
  if (!isDay(year, month, day) || hour > 23 || minute > 59) return false;
  return second < 60 || (second === 60 && isLeapSecond(year, month, day, hour * 60 + minute - offset));
}

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[Zz][\s\S]*$|\.\d{1,9}[Zz]$|(?:\.\d{1,9})?([+-]\d\d:\d\d)$)/;
const MAX_OFFSET_MINUTES = 18 * 60;

/** Months at whose end there was one. */
const LEAP_SECONDS = new Set(
  [
    "1972-06 1972-12 1973-12 1974-12 1975-12 1976-12 1977-12 1978-12 1979-12 1981-06 1982-06 1983-06 1985-06 1987-12 1989-12",
    "1990-12 1992-06 1993-06 1994-06 1995-12 1997-06 1998-12 2005-12 2008-12 2012-06 2015-06 2016-12",
  ].flatMap((months) => months.split(" ")),
);

/** The minute is that of the day in UTC, the month that of the text. */
function isLeapSecond(year: number, month: number, day: number, minute: number): boolean {
  const moment = new Date(Date.UTC(year, month - 1, day, 0, minute));
  const isLastMinute = moment.getUTCHours() === 23 && moment.getUTCMinutes() === 59;
  const next = new Date(moment.getTime() + 60_000);
  const isLastDay = next.getUTCDate() === 1;
  return isLastMinute && isLastDay && LEAP_SECONDS.has(`${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}`);
}

/** With a zone; what follows an offset is not read. */
export function isTimeFormat(text: string): boolean {
  if (/Z./s.test(text)) return false;
  const match = /^(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:[Zz]|([+-]\d\d:\d\d))/.exec(text);
  if (!match) return false;
  const [hour = 0, minute = 0, second = 0] = match.slice(1, 4).map(Number);
  const offset = match[4] === undefined ? 0 : minutesOf(match[4]);
  if (offset === undefined || Math.abs(offset) >= 24 * 60 || hour > 23 || minute > 59) return false;
  return second < 60 || (second === 60 && (hour * 60 + minute - offset + 2880) % 1440 === 1439);
}

function minutesOf(offset: string): number | undefined {
  const minutes = Number(offset.slice(4));
  const size = Number(offset.slice(1, 3)) * 60 + minutes;
  if (minutes > 59) return undefined;
  return offset.startsWith("-") ? -size : size;
}
