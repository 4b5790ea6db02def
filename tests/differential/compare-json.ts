import type { Json } from "./json.ts";

/** Where two answers are not the same, from the outside in. */
export interface Difference {
  /** `body.requests[0].wasMatched`, `status`, `header Content-Type`. */
  readonly at: string;
  readonly wireMock: string;
  readonly dojang: string;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Each server makes ids of its own. Two ids at the same place are the same thing from then on: everywhere, and one to one. */
export class Correspondence {
  readonly #toDojang = new Map<string, string>();
  readonly #toWireMock = new Map<string, string>();

  agree(wireMock: string, dojang: string): boolean {
    const known = this.#toDojang.get(wireMock);
    if (known !== undefined) return known === dojang;
    const taken = this.#toWireMock.get(dojang);
    if (taken !== undefined) return taken === wireMock;
    this.#toDojang.set(wireMock, dojang);
    this.#toWireMock.set(dojang, wireMock);
    return true;
  }

  /** A text that names ids of WireMock's, with Dojang's in their place. */
  translate(text: string): string {
    return withoutAccidents(text).replace(
      /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi,
      (id) => this.#toDojang.get(id) ?? id,
    );
  }
}

/** A text without what differs between two starts of the same program: folders, and identities of Java objects. */
export function withoutAccidents(text: string): string {
  return text
    .replace(/\/tmp\/differential-[a-z]+-\w{6}/g, "/root")
    .replace(/\[B@[0-9a-f]+ */g, "[B@0")
    .replace(/(EE10|WireMockHandlerDispatchingServlet|[a-zA-Z.]+Servlet)-[0-9a-f]+\b/g, "$1-0")
    .replace(/@[0-9a-f]{5,8}/g, "@0");
}

/** Values of these names depend on the clock: their type is compared. */
const timed = new Set([
  "loggedDate",
  "loggedDateString",
  "timeOffsetNanos",
  "addedDelay",
  "processTime",
  "responseSendTime",
  "serveTime",
  "totalTime",
  "Date",
  "date",
  "timestamp",
  "uptimeInSeconds",
]);

export function compareJson(wireMock: Json | undefined, dojang: Json | undefined, at: string, ids: Correspondence): readonly Difference[] {
  const differs = (): readonly Difference[] => [{ at, wireMock: show(wireMock), dojang: show(dojang) }];
  if ((at.includes(".timing.") || at.endsWith(".timeOffsetNanos")) && (wireMock === undefined || dojang === undefined)) return [];
  if (wireMock === undefined || dojang === undefined || wireMock === null || dojang === null) return wireMock === dojang ? [] : differs();
  const name = /(?:^|[.\]])([^.[\]]+)$/.exec(at)?.[1] ?? at;
  if (timed.has(name)) return typeof wireMock === typeof dojang ? [] : differs();
  if (name === "scenarios" && Array.isArray(wireMock) && Array.isArray(dojang) && !at.endsWith("]"))
    return compareItems(sorted(wireMock), sorted(dojang), at, ids);
  if (name === "possibleStates" && Array.isArray(wireMock) && Array.isArray(dojang))
    return compareItems(wireMock.toSorted(), dojang.toSorted(), at, ids);
  if (Array.isArray(wireMock) || Array.isArray(dojang)) {
    if (!Array.isArray(wireMock) || !Array.isArray(dojang)) return differs();
    return compareItems(wireMock, dojang, at, ids);
  }
  if (typeof wireMock === "object" && typeof dojang === "object") {
    const keys = [...new Set([...Object.keys(wireMock), ...Object.keys(dojang)])];
    // Narrowed above: neither is an array here, which TypeScript does not see for readonly arrays.
    const left = wireMock as { readonly [key: string]: Json };
    const right = dojang as { readonly [key: string]: Json };
    return keys.flatMap((key) => compareJson(left[key], right[key], `${at}.${key}`, ids));
  }
  if (typeof wireMock === "string" && typeof dojang === "string") {
    if (wireMock === dojang) return [];
    if (uuid.test(wireMock) && uuid.test(dojang) && ids.agree(wireMock, dojang)) return [];
    if (ids.translate(wireMock) === withoutAccidents(dojang)) return [];
    if (name === "bodyAsBase64" && ids.translate(fromBase64(wireMock)) === withoutAccidents(fromBase64(dojang))) return [];
    return differs();
  }
  return wireMock === dojang ? [] : differs();
}

function compareItems(wireMock: readonly Json[], dojang: readonly Json[], at: string, ids: Correspondence): readonly Difference[] {
  if (wireMock.length !== dojang.length)
    return [{ at: `${at}.length`, wireMock: `${wireMock.length}: ${show(wireMock)}`, dojang: `${dojang.length}: ${show(dojang)}` }];
  return wireMock.flatMap((item, index) => compareJson(item, dojang[index], `${at}[${index}]`, ids));
}

/** Scenarios come in the order of a hash table. */
function sorted(items: readonly Json[]): readonly Json[] {
  const nameOf = (item: Json) => (typeof item === "object" && item !== null && "name" in item ? String(item.name) : "");
  return items.toSorted((one, other) => nameOf(one).localeCompare(nameOf(other)));
}

function fromBase64(text: string): string {
  return Buffer.from(text, "base64").toString("latin1");
}

export function show(value: Json | undefined): string {
  return value === undefined ? "(absent)" : JSON.stringify(value);
}
