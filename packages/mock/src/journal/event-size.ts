import type { Header } from "@dojang/model";
import type { ServeEvent } from "./serve-event.ts";

/**
 * What an entry weighs in memory, estimated from above: objects and maps by fixed costs that were measured on Node 24, text by
 * its length, twice where it may hold characters beyond Latin-1. Bodies and stubs are shared and counted apart.
 */
export function ownBytes(event: ServeEvent): number {
  const { request, response } = event;
  return (
    fixedBytes +
    4 * request.url.length +
    // The text that matchers read a body as stays with the request.
    2 * request.body.length +
    headerBytes(request.headers) +
    headerBytes(response.headers) +
    subEventBytes(event) +
    violationBytes(event) +
    definitionBytes(event)
  );
}

/** A value made of JSON. Stops early where a value is too large to matter how large. */
export function jsonBytes(root: unknown): number {
  let bytes = 0;
  const waiting: unknown[] = [root];
  for (let visited = 0; waiting.length > 0 && visited < maxVisited; visited++) {
    const value = waiting.pop();
    if (typeof value === "string") bytes += 24 + 2 * value.length;
    else if (typeof value !== "object" || value === null) bytes += 8;
    else if (ArrayBuffer.isView(value)) bytes += 96 + value.byteLength;
    else {
      bytes += 48;
      for (const [key, child] of Object.entries(value)) {
        bytes += 16 + (Array.isArray(value) ? 0 : key.length);
        waiting.push(child);
      }
    }
  }
  return bytes;
}

function headerBytes(headers: readonly Header[]): number {
  return headers.reduce((sum, { name, value }) => sum + 96 + name.length + value.length, 0);
}

function subEventBytes({ subEvents }: ServeEvent): number {
  return subEvents.reduce((sum, { data }) => sum + 96 + jsonBytes(data), 0);
}

function violationBytes({ violations }: ServeEvent): number {
  return violations.reduce((sum, violation) => sum + jsonBytes(violation), 0);
}

/** A definition that a template or a recording made is the entry's own; that of the stub is held with the stub. */
function definitionBytes({ stub, responseDefinition }: ServeEvent): number {
  if (responseDefinition === undefined || responseDefinition === stub?.response) return 0;
  return stub?.responses?.includes(responseDefinition) ? 0 : jsonBytes(responseDefinition);
}

const fixedBytes = 1600;
const maxVisited = 100_000;
