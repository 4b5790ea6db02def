/** `2026-11-21 20:15:03 UTC`, of milliseconds since the Unix epoch. */
export function utcTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
