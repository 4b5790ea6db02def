/** Adds a value to those of a name; names keep the order of their first value. */
export function appendValue(values: Map<string, string[]>, name: string, value: string): void {
  const present = values.get(name);
  if (present) present.push(value);
  else values.set(name, [value]);
}
