import { DateAmountError } from "../../dates/date-spec-error.ts";
import { DateSpecError, formatDate } from "../../dates/render-date.ts";
import { illegalArgument, JavaException } from "./java-exception.ts";
import type { DateValue } from "./value.ts";

/** A date is formatted when it is printed; a bad format is noticed then. */
export function dateText(value: DateValue): string {
  return refusing(() => formatDate(value.date, value.format));
}

/** What the date functions refuse is an error of the template. */
export function refusing<T>(compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof DateAmountError) throw new JavaException("java.lang.NumberFormatException", `For input string: "${error.text}"`);
    if (error instanceof DateSpecError) throw illegalArgument(error.message);
    throw error;
  }
}
