import { domainToASCII, domainToUnicode } from "node:url";
import { isIpv6, isOldIpv4 } from "./ip-formats.ts";

const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const HOST = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);

export function isHostName(text: string): boolean {
  return HOST.test(text);
}

/** Words between dots; a part of a word with dots in it is in quotation marks. */
const LOCAL_CHAR = "[^\\s\\p{Cc}()<>@,;:'\\\\\".[\\]]";
const LOCAL = new RegExp(`^(?:(?:\\\\.|${LOCAL_CHAR}|')+|"(?:\\\\"|[^"])*")(?:\\.(?:(?:\\\\.|${LOCAL_CHAR}|')+|"(?:\\\\"|[^"])*"))*$`, "u");

/**
 * As WireMock's validator: names of hosts alone are domains. It knows the top-level domains of its day; here all are taken for one that
 * look like one, except those that are set aside for private use and examples.
 */
export function isEmail(text: string): boolean {
  const at = text.lastIndexOf("@");
  const local = text.slice(0, Math.max(at, 0));
  return at > 0 && local.length <= 64 && LOCAL.test(local) && isMailDomain(text.slice(at + 1));
}

function isMailDomain(domain: string): boolean {
  const [, literal] = /^\[(?:IPv6:)?([^[\]]*)\]$/.exec(domain) ?? [];
  if (literal !== undefined) return isOldIpv4(literal) || isIpv6(literal);
  if (domain === "" || /[\s.]$/.test(domain) || domain.length > 253) return false;
  const ascii = /^[\0-\x7f]*$/.test(domain) ? domain : domainToASCII(domain);
  if (!HOST.test(ascii)) return false;
  const top = ascii.slice(ascii.lastIndexOf(".") + 1).toLowerCase();
  if (!ascii.includes(".") || top === "localdomain" || top === "localhost") return true;
  return /^(?:[a-z]{2,63}|xn--[a-z0-9-]+)$/.test(top) && !PRIVATE.has(top);
}

const PRIVATE = new Set("local lan test example invalid internal intranet home corp private mail onion alt host".split(" "));

/** Letters as IDNA keeps them: small ones, digits, marks, and a hyphen within. */
export function isInternationalHostName(text: string): boolean {
  if (text === "" || /^[.。．｡]|[.。．｡]$/.test(text)) return false;
  return text.split(/[.。．｡]/).every((label) => label === "" || isInternationalLabel(label));
}

function isInternationalLabel(label: string): boolean {
  if (label.startsWith("-") || label.endsWith("-")) return false;
  const unicode = label.startsWith("xn--") ? domainToUnicode(label) : label;
  if (unicode === "" || (unicode === label && label.startsWith("xn--")) || /^..--/.test(unicode)) return false;
  if (!/^[\p{Ll}\p{Lo}\p{Lm}\p{Mn}\p{Mc}\p{Nd}·\u0375\u05f3\u05f4\u30fb-]+$/u.test(unicode)) return false;
  if (/^\p{M}/u.test(unicode) || /[\u302e\u302f\u0640\u07fa\u303b\u3031-\u3035]/.test(unicode)) return false;
  return /^[\0-\x7f]*$/.test(unicode) ? unicode.length <= 63 : hasShortEncoding(unicode);
}

function hasShortEncoding(label: string): boolean {
  const ascii = domainToASCII(label);
  return ascii !== "" && ascii.length <= 63;
}
