/** PostgreSQL takes neither NUL nor half a surrogate pair in text: both become U+FFFD. */
export function storableText(text: string): string {
  const formed = text.isWellFormed() ? text : text.toWellFormed();
  return formed.includes("\0") ? formed.replaceAll("\0", "\uFFFD") : formed;
}

/** JSON for a jsonb column; undefined becomes null. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, inner: unknown) => (typeof inner === "string" ? storableText(inner) : inner));
}

/** As `storableJson`, but an absent value is SQL's null. */
export function storableJsonOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : storableJson(value);
}
