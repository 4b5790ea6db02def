import { stringMark } from "../report-sections.ts";

/** The reverse of pack-section.ts. */
export async function unpackSection(packed: string): Promise<unknown> {
  const binary = atob(packed);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const { strings, value } = JSON.parse(await new Response(stream).text());
  return restore(value, strings);
}

/** In place and without JSON.parse's reviver, which costs several times as much. */
function restore(value: unknown, strings: readonly string[]): unknown {
  if (typeof value === "string") return value.startsWith(stringMark) ? strings[Number.parseInt(value.slice(1), 36)] : value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) value[index] = restore(value[index], strings);
  } else if (typeof value === "object" && value !== null) {
    const record = value as Record<string, unknown>; // Any object that is no array is one.
    for (const key of Object.keys(record)) record[key] = restore(record[key], strings);
  }
  return value;
}
