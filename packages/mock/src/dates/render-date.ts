/** A moment as templates handle it: `zone` is an id Java's ZoneId.of takes (`Europe/Berlin`, `+02:00`, `Z`); undefined is UTC when rendered. */
export interface RenderableDate {
  readonly epochMs: number;
  readonly zone: string | undefined;
}

/** Reads a date by a Java DateTimeFormatter pattern, `epoch` or `unix`; without one by the zoned forms WireMock knows. Undefined when it cannot be read. */
export function parseRenderableDate(_text: string, _format?: string): RenderableDate | undefined {
  return undefined;
}

/** Moves a date by `3 days` or `now +3 days`. Throws `DateSpecError` for another text. */
export function shiftDate(date: RenderableDate, _offset: string): RenderableDate {
  return date;
}

/** Truncates by a name such as `first hour of day`, in the date's zone. Throws `DateSpecError` for another name. */
export function truncateDate(date: RenderableDate, _truncation: string): RenderableDate {
  return date;
}

/** Text by Java SimpleDateFormat letters, `epoch` or `unix`; without a format ISO 8601 in seconds. Throws `DateSpecError` for a bad format or zone. */
export function formatDate(date: RenderableDate, _format?: string): string {
  return new Date(date.epochMs).toISOString();
}

/** A zone, format, offset or truncation that Java would refuse. */
export class DateSpecError extends Error {
  override readonly name = "DateSpecError";
}
