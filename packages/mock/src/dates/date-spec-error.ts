/** A zone, format, offset or truncation that Java would refuse. */
export class DateSpecError extends Error {
  override readonly name = "DateSpecError";
}
