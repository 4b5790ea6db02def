import type { Seen } from "./accepted/accepted-difference.ts";
import { parseJson } from "./json.ts";
import type { WireRequest } from "./wire-request.ts";

/** One line of the page that says why nothing matched: what is asked for, what came, what is wrong. */
export interface Row {
  readonly left: string;
  readonly right: string;
  readonly mark: string;
}

/** Both pages of a difference between pages: those that were answered, or those that the journal keeps. */
interface MissPages {
  readonly wireMock: readonly Row[];
  readonly dojang: readonly Row[];
  /** Whether letters were taken out of either: those that charsets write in different ways, and the case of a type. */
  readonly isPlain: boolean;
}

export function missPagesOf({ request, difference: { at, wireMock, dojang } }: Seen): MissPages | undefined {
  if (at !== "body" && !at.endsWith(".data.report")) return undefined;
  const [one, other] = at === "body" ? [wireMock, dojang] : [parseJson(wireMock), parseJson(dojang)];
  if (!isPage(one) || !isPage(other)) return undefined;
  const isLatin1 = at !== "body" || namesLatin1(request);
  const given = [one, other].map(rowsOf);
  const plain = given.map((rows) => rows.map((row) => ({ ...row, right: plainText(row.right, isLatin1) })));
  const [left = [], right = []] = plain;
  return { wireMock: left, dojang: right, isPlain: given.flat().some((row, index) => row.right !== plain.flat()[index]?.right) };
}

export function namesLatin1({ headers = [] }: WireRequest): boolean {
  return headers.some(([, value]) => value.toLowerCase().includes("charset=iso-8859-1"));
}

function plainText(text: string, isLatin1: boolean): string {
  const type = /^content-type: /i.test(text) ? text.toLowerCase() : text;
  return isLatin1 ? type.replace(/[^\0-\x7f]+/g, "") : type;
}

export function rowsOfPage(text: string): readonly Row[] | undefined {
  return isPage(text) ? rowsOf(text) : undefined;
}

/** Rows that are not among the rows of the other page: what one of the pages says in another way. */
export function ownRows(rows: readonly Row[], others: readonly Row[]): readonly Row[] {
  return rows.filter((row) => !others.some((other) => isEqual(row, other)));
}

export function isClientOrScenario({ mark }: Row): boolean {
  return /^(ClientIp|Scenario) does not match$/.test(mark);
}

export function isCondition({ left }: Row): boolean {
  return CONDITION.test(left);
}

export function isBody({ mark }: Row): boolean {
  return /^Body (does not match|is not present)$/.test(mark);
}

/** What the rows before allow the next ones to be. */
type After = "anything" | "condition" | "bytes" | "body of WireMock" | "body of Dojang";

/**
 * Whether two pages differ only as the table of accepted differences says that pages may. The pages are laid side by side, row by row; a
 * cell that takes more lines on the one page than on the other has rows of its own there.
 */
export function isSamePage({ wireMock, dojang }: MissPages): boolean {
  const tried = new Set<string>();
  const fits = (one: number, other: number, after: After): boolean => {
    const [left, right] = [wireMock[one], dojang[other]];
    if (left === undefined && right === undefined) return true;
    const key = `${one} ${other} ${after}`;
    if (tried.has(key)) return false;
    tried.add(key);
    const next = left !== undefined && right !== undefined ? sideBySide(left, right, after) : undefined;
    if (next !== undefined && fits(one + 1, other + 1, next)) return true;
    const leftOut = left === undefined ? undefined : alone(left, dojang, after, "body of WireMock");
    if (leftOut !== undefined && fits(one + 1, other, leftOut)) return true;
    const added = right === undefined ? undefined : alone(right, wireMock, after, "body of Dojang");
    return added !== undefined && fits(one, other + 1, added);
  };
  return fits(0, 0, "anything");
}

function sideBySide(wireMock: Row, dojang: Row, after: After): After | undefined {
  if (isEqual(wireMock, dojang)) return "anything";
  const isSameLeft = wireMock.left === dojang.left;
  if (isSameLeft && wireMock.right === dojang.right && isClientOrScenario(wireMock) && dojang.mark === "") return "anything";
  if (isSameLeft && isBody(wireMock) && isBody(dojang) && wireMock.right.startsWith("[B@") && isBase64(dojang.right)) return "bytes";
  if (isSameLeft && after === "bytes" && wireMock.right === "" && isBase64(dojang.right)) return "bytes";
  if (wireMock.right !== dojang.right || wireMock.mark !== dojang.mark) return undefined;
  const start = CONDITION.exec(wireMock.left)?.[0];
  return start !== undefined && start === CONDITION.exec(dojang.left)?.[0] ? "condition" : undefined;
}

/** A row that only one page has: more of a condition or of bytes, or a body that the other page does not speak of. */
function alone(row: Row, others: readonly Row[], after: After, body: After): After | undefined {
  if (row.mark === "" && row.right === "" && after === "condition") return after;
  if (row.mark === "" && row.left === "" && after === "bytes" && isBase64(row.right)) return after;
  if (row.mark === "" && after === body) return body;
  return isBody(row) && !others.some((other) => isBody(other) && other.left === row.left) ? body : undefined;
}

/** What stands before the operands that WireMock leaves out. */
const CONDITION = /^(Cookie|Path parameter): .* ?\[(and|or|not|absent)\](?= |$)/;

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/=]*$/.test(text);
}

function isEqual(one: Row, other: Row): boolean {
  return one.left === other.left && one.right === other.right && one.mark === other.mark;
}

function isPage(text: unknown): text is string {
  return typeof text === "string" && text.includes("Request was not matched") && text.includes("| Closest stub");
}

/** The rule below the title is as wide as the page; the bar between the columns stands in its middle. */
function rowsOf(page: string): readonly Row[] {
  const lines = page.split(/\r?\n/);
  const rule = lines.find((line) => /^-{20,}$/.test(line)) ?? "";
  const content = lines.slice(lines.lastIndexOf(rule, lines.length - 3) + 1, lines.lastIndexOf(rule));
  return content.map((line) => {
    const bar = line.indexOf("|", Math.floor(rule.length / 2));
    const right = line.slice(bar + 1);
    const at = right.lastIndexOf("<<<<< ");
    return {
      left: line.slice(0, bar).trimEnd(),
      right: (at < 0 ? right : right.slice(0, at)).trim(),
      mark: at < 0 ? "" : right.slice(at + 6).trim(),
    };
  });
}
