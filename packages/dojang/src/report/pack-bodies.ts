import { TextDecoder } from "node:util";
import type { ReportFile } from "./report-file.ts";
import type { BodiesSection } from "./report-sections.ts";
import type { RunFacts } from "./run-facts.ts";

const sectionBytes = 512 * 1024;
const longestText = 64 * 1024;
const shownBinaryBytes = 256;

/** Adds the bodies of `hashes`, whose places follow each other, in sections that a page decodes in a few milliseconds. */
export function addBodies(hashes: readonly string[], facts: RunFacts, file: ReportFile): void {
  for (let from = 0; from < hashes.length; ) {
    const packed: BodiesSection[number][] = [];
    for (let bytes = 0; bytes < sectionBytes && from + packed.length < hashes.length; ) {
      const body = packBody(facts.bodies[hashes[from + packed.length] ?? ""] ?? new Uint8Array());
      packed.push(body);
      bytes += "text" in body ? body.text.length : body.hex.length;
    }
    const section = file.sections.length;
    const first = file.placeOf(hashes[from] ?? "", []);
    if (file.offer(`bodies-${section}`, packed)) file.bodySections.push({ section, first, count: packed.length });
    else file.leaveOut("bodies", packed.length);
    file.leaveOut("longBodies", packed.filter((body) => "text" in body && body.cut).length);
    from += packed.length;
  }
}

function packBody(bytes: Uint8Array): BodiesSection[number] {
  const text = asText(bytes);
  if (text === undefined) return { hex: Buffer.from(bytes.subarray(0, shownBinaryBytes)).toString("hex"), sizeBytes: bytes.byteLength };
  return { text: text.slice(0, longestText), cut: text.length > longestText };
}

/** Undefined for bytes that are no UTF-8, or hold a NUL, which text never does. */
function asText(bytes: Uint8Array): string | undefined {
  try {
    // A body that was capped at capture may end inside of a character.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}
