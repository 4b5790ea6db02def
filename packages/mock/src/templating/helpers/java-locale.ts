import { illegalArgument } from "../values/java-exception.ts";

/** The locale templates run in when none is named, whatever the machine's is: answers should not depend on where a mock runs. */
export const DEFAULT_LOCALE = "en";

const LOCALE = /^([a-z]{2,3})(?:_([A-Z]{2}|\d{3})(?:_\w+)?|__\w+)?$/;

/** A locale as Java names it (`en_GB`) for Intl. Throws as Java does for other text. */
export function intlLocale(name: string): string {
  if (name === "") return DEFAULT_LOCALE;
  const found = LOCALE.exec(name);
  if (!found) throw illegalArgument(`Invalid locale format: ${name}`);
  const tag = found[2] ? `${found[1]}-${found[2]}` : (found[1] ?? DEFAULT_LOCALE);
  return Intl.NumberFormat.supportedLocalesOf(tag).length > 0 ? tag : DEFAULT_LOCALE;
}

export function regionOf(name: string): string {
  return LOCALE.exec(name)?.[2] ?? "";
}
