import { isIpv6 } from "./ip-formats.ts";

/** What Java's URI class reads, with the few things WireMock's validator adds and takes away. */
export function isUri(text: string): boolean {
  const uri = parseUri(text);
  if (!uri) return isBareStart(text);
  return uri.isAbsolute && isAscii(text) && !hasBrackets(uri);
}

export function isUriReference(text: string): boolean {
  const uri = parseUri(text);
  return uri ? isAscii(text) && !hasBrackets(uri) : isBareStart(text);
}

export function isIri(text: string): boolean {
  const uri = parseUri(text);
  if (!uri) return isBareStart(text);
  return uri.isAbsolute && !isIpv6(uri.authority) && !hasBrackets(uri);
}

export function isIriReference(text: string): boolean {
  const uri = parseUri(text);
  return uri ? !isIpv6(uri.authority) && !hasBrackets(uri) : isBareStart(text);
}

interface Uri {
  readonly isAbsolute: boolean;
  readonly authority: string;
  readonly query: string;
}

/** A scheme with nothing behind it is no URI for Java, but is one for the validator. */
function isBareStart(text: string): boolean {
  return /^(?:[A-Za-z0-9+,.-]*:)?\/\/$|^[A-Za-z0-9+,.-]+:$/.test(text);
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7e]/.test(text);
}

function hasBrackets({ query }: Uri): boolean {
  return /[[\]]/.test(query);
}

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;
/** Characters beyond ASCII may stand anywhere, but for white space and controls. */
const OTHER = "[^\\0-\\x7f\\p{Cc}\\p{Z}]";
const UNRESERVED = "[A-Za-z0-9_\\-!.~'()*]";
const ESCAPED = "%[0-9A-Fa-f]{2}";
const PATH = allOf("[/:@&=+$,;]");
const PATH_AND_BRACKETS = allOf("[;/?:@&=+$,[\\]]");
const AUTHORITY = allOf("[$,;:@&=+]");

function allOf(reserved: string): RegExp {
  return new RegExp(`^(?:${UNRESERVED}|${reserved}|${ESCAPED}|${OTHER})*$`, "u");
}

function parseUri(text: string): Uri | undefined {
  const hash = text.indexOf("#");
  const fragment = hash < 0 ? "" : text.slice(hash + 1);
  if (!PATH_AND_BRACKETS.test(fragment)) return undefined;
  const whole = hash < 0 ? text : text.slice(0, hash);
  const scheme = SCHEME.exec(whole)?.[0] ?? "";
  // A colon in the first segment ends a scheme, or what should be one.
  if (scheme === "" && /^[^/?]*:/.test(whole)) return undefined;
  const rest = whole.slice(scheme.length);
  if (scheme !== "" && !rest.startsWith("/")) {
    const isOpaque = rest !== "" && PATH_AND_BRACKETS.test(rest);
    return isOpaque ? { isAbsolute: true, authority: "", query: "" } : undefined;
  }
  return parseHierarchy(rest, scheme !== "");
}

function parseHierarchy(rest: string, isAbsolute: boolean): Uri | undefined {
  const mark = rest.indexOf("?");
  const query = mark < 0 ? "" : rest.slice(mark + 1);
  const before = mark < 0 ? rest : rest.slice(0, mark);
  const slash = before.startsWith("//") ? before.indexOf("/", 2) : 0;
  const authority = before.startsWith("//") ? before.slice(2, slash < 0 ? undefined : slash) : "";
  const path = slash < 0 ? "" : before.slice(slash);
  if (before.startsWith("//") && authority === "" && path === "" && query === "") return undefined;
  if (!PATH.test(path) || !PATH_AND_BRACKETS.test(query) || !isAuthority(authority)) return undefined;
  return { isAbsolute, authority, query };
}

function isAuthority(authority: string): boolean {
  if (!/[[\]]/.test(authority)) return AUTHORITY.test(authority);
  const [, user = "", host = ""] = /^(?:([^[\]]*)@)?\[([^[\]]*)\](?::\d*)?$/.exec(authority) ?? [];
  return isIpv6(host.replace(/%[A-Za-z0-9_.~-]+$/, "")) && AUTHORITY.test(user);
}
