import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { Header } from "@dojang/model";
import { type Correspondence, compareJson, type Difference, withoutAccidents } from "./compare-json.ts";
import { parseJson } from "./json.ts";
import type { WireAnswer } from "./wire-answer.ts";

/** What a client can tell apart: how the connection ended, the status line, headers, framing and body. */
export function compareAnswers(wireMock: WireAnswer, dojang: WireAnswer, ids: Correspondence): readonly Difference[] {
  const found: Difference[] = [];
  const plain = (at: string, left: string | number, right: string | number) => {
    if (left !== right) found.push({ at, wireMock: String(left), dojang: String(right) });
  };
  plain("ending", wireMock.ending, dojang.ending);
  plain("status", wireMock.status, dojang.status);
  plain("reason", wireMock.reason, dojang.reason);
  // Nothing, sent until the end of the connection or as a length of 0, is the same nothing.
  const nothing = [wireMock, dojang].every(({ body, framing }) => body.length === 0 && framing !== "chunked");
  if (!nothing) plain("framing", wireMock.framing, dojang.framing);
  found.push(...compareHeaders(wireMock.headers, dojang.headers, ids).filter(({ at }) => !(nothing && at === "header content-length")));
  found.push(...compareBodies(decoded(wireMock), decoded(dojang), ids));
  return found;
}

function compareHeaders(wireMock: readonly Header[], dojang: readonly Header[], ids: Correspondence): readonly Difference[] {
  const found: Difference[] = [];
  const group = (headers: readonly Header[]) => Map.groupBy(headers, (header) => header.name.toLowerCase());
  const left = group(wireMock);
  const right = group(dojang);
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const print = (headers: readonly Header[] | undefined, translate: (text: string) => string) =>
      headers?.map((header) => `${header.name}: ${name === "date" ? "(now)" : translate(header.value)}`).join(" | ") ?? "(absent)";
    const [one] = left.get(name) ?? [];
    const [other] = right.get(name) ?? [];
    if (name === "matched-stub-id" && one && other && ids.agree(one.value, other.value)) continue;
    // The length of a body that names ids and times is compared with the body.
    if (name === "content-length" && one && other) continue;
    const expected = print(left.get(name), (text) => ids.translate(text));
    const actual = print(right.get(name), withoutAccidents);
    if (expected !== actual) found.push({ at: `header ${name}`, wireMock: expected, dojang: actual });
  }
  return found;
}

function compareBodies(wireMock: Buffer, dojang: Buffer, ids: Correspondence): readonly Difference[] {
  if (wireMock.equals(dojang)) return [];
  const left = wireMock.toString("utf8");
  const right = dojang.toString("utf8");
  const leftJson = parseJson(left);
  const rightJson = parseJson(right);
  if (leftJson !== undefined && rightJson !== undefined && typeof leftJson === "object" && typeof rightJson === "object") {
    const found = compareJson(leftJson, rightJson, "body", ids);
    if (found.length > 0) return found;
    const shape = (text: string) =>
      text.replace(/,?\s*"timing" : \{[^}]*\}|"timeOffsetNanos" : \d+,\s*/g, "").replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, "0");
    // Scenarios come in the order of a hash table, which shows in the layout too.
    return left.includes('"scenarios" :') || shape(left) === shape(right) ? [] : [{ at: "body layout", wireMock: left, dojang: right }];
  }
  return ids.translate(left) === withoutAccidents(right) ? [] : [{ at: "body", wireMock: left, dojang: right }];
}

function decoded(answer: WireAnswer): Buffer {
  const coding = answer.headers.find((header) => header.name.toLowerCase() === "content-encoding")?.value;
  try {
    if (coding === "gzip") return gunzipSync(answer.body);
    if (coding === "br") return brotliDecompressSync(answer.body);
  } catch {
    return answer.body;
  }
  return answer.body;
}
