import { formatDate } from "../../dates/render-date.ts";
import type { DateValue } from "./value.ts";

export function dateText(value: DateValue): string {
  return formatDate(value.date, value.format);
}
