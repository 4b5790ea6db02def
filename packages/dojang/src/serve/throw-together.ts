/** Throws what several pieces of work failed with; the one, where it is one. Nothing when none did. */
export function throwTogether(failures: readonly unknown[]): void {
  if (failures.length === 0) return;
  throw failures.length === 1 ? failures[0] : new AggregateError(failures, failures.map(String).join("; "));
}
