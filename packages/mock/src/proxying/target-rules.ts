import { isIP, isIPv4 } from "node:net";
import { Problem } from "@dojang/model";

/**
 * Which systems a mock may reach, with WireMock's rules: names are checked against the name patterns, and what they resolve to
 * against the addresses, all of which must be allowed. A kind of rule that has no allowed entry allows all.
 */
export interface TargetRules {
  /** True without any rule. */
  readonly allowsAll: boolean;
  /** Of a host name, before it is resolved, or of an address. */
  allows(hostOrAddress: string): boolean;
}

type Rule = (value: string) => boolean;

export function targetRules(allow: readonly string[] = [], deny: readonly string[] = []): TargetRules {
  const allowed = { addresses: addressRules(allow), names: nameRules(allow) };
  const denied = { addresses: addressRules(deny), names: nameRules(deny) };
  return {
    allowsAll: allow.length === 0 && deny.length === 0,
    allows(value) {
      const kind = isIP(value) === 0 ? "names" : "addresses";
      const listed = allowed[kind];
      return (listed.length === 0 || listed.some((rule) => rule(value))) && !denied[kind].some((rule) => rule(value));
    },
  };
}

function addressRules(entries: readonly string[]): readonly Rule[] {
  return entries.filter(isAddressEntry).map((entry) => {
    const [from = "", to = from] = entry.split("-");
    if (!isIPv4(from)) return (value) => value === entry;
    if (!isIPv4(to)) throw badEntry(entry);
    const first = ipv4Number(from);
    const last = ipv4Number(to);
    if (first > last) throw badEntry(entry);
    return (value) => isIPv4(value) && ipv4Number(value) >= first && ipv4Number(value) <= last;
  });
}

function nameRules(entries: readonly string[]): readonly Rule[] {
  return entries
    .filter((entry) => !isAddressEntry(entry))
    .map((entry) => {
      if (!/^[A-Za-z0-9*._-]+$/.test(entry)) throw badEntry(entry);
      return (value) => matchesWildcard(entry.toLowerCase(), value.toLowerCase());
    });
}

/** `*` stands for one character or more. Tried from left to right with one point of return, so the cost is bounded. */
function matchesWildcard(pattern: string, value: string): boolean {
  let inPattern = 0;
  let inValue = 0;
  let star = -1;
  let starValue = 0;
  while (inValue < value.length) {
    if (pattern[inPattern] === "*") {
      star = inPattern++;
      starValue = ++inValue;
    } else if (inPattern < pattern.length && pattern[inPattern] === value[inValue]) {
      inPattern++;
      inValue++;
    } else if (star >= 0) {
      inPattern = star + 1;
      inValue = ++starValue;
    } else {
      return false;
    }
  }
  return inPattern === pattern.length;
}

function isAddressEntry(entry: string): boolean {
  return isIP(entry) !== 0 || /^\d{1,3}(?:\.\d{1,3}){3}-/.test(entry);
}

function ipv4Number(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function badEntry(entry: string): Problem {
  return new Problem({
    code: "bad-target-rule",
    message: `"${entry}" is no address, no range of addresses and no name.`,
    fix: "Write 10.0.0.1, 10.0.0.1-10.0.0.9, api.example or *.example.",
    exit: "configuration",
  });
}
