import type { Random } from "./random.ts";
import { familyNames, givenNames, words } from "./words.ts";

/** A text of a format, and how it is made longer without leaving the format. */
interface FormatSample {
  readonly text: string;
  readonly longer?: (text: string, characters: number) => string;
}

const filler = (characters: number) => "abcdefghijklmnopqrstuvwxyz".repeat(Math.ceil(characters / 26)).slice(0, characters);
const append = (text: string, characters: number) => text + filler(characters);
const prepend = (text: string, characters: number) => filler(characters) + text;

const formats: Readonly<Record<string, (random: Random) => FormatSample>> = {
  date: (random) => ({ text: instant(random).slice(0, 10) }),
  "date-time": (random) => ({ text: instant(random) }),
  time: (random) => ({ text: instant(random).slice(11) }),
  duration: (random) => ({ text: random.pick(["PT15M", "PT2H", "P1D", "P3DT4H", "P2W"]) }),
  email: (random) => ({ text: `${word(random)}.${word(random)}@example.com`, longer: prepend }),
  "idn-email": (random) => ({ text: `${word(random)}@example.com`, longer: prepend }),
  hostname: (random) => ({ text: `${word(random)}.example.com`, longer: hostLonger }),
  "idn-hostname": (random) => ({ text: `${word(random)}.example.com`, longer: hostLonger }),
  ipv4: (random) => ({ text: `192.0.2.${random.integer(1, 254)}` }),
  ipv6: (random) => ({ text: `2001:db8::${random.integer(1, 0xffff).toString(16)}` }),
  uri: (random) => ({ text: `https://example.com/${word(random)}/${random.integer(1, 999)}`, longer: append }),
  url: (random) => ({ text: `https://example.com/${word(random)}/${random.integer(1, 999)}`, longer: append }),
  iri: (random) => ({ text: `https://example.com/${word(random)}`, longer: append }),
  "uri-reference": (random) => ({ text: `/${word(random)}/${random.integer(1, 999)}`, longer: append }),
  "iri-reference": (random) => ({ text: `/${word(random)}`, longer: append }),
  "uri-template": (random) => ({ text: `https://example.com/${word(random)}/{id}`, longer: append }),
  uuid: (random) => ({ text: uuid(random) }),
  "json-pointer": (random) => ({ text: `/${word(random)}`, longer: append }),
  "json-pointer-uri-fragment": (random) => ({ text: `#/${word(random)}`, longer: append }),
  "relative-json-pointer": (random) => ({ text: `1/${word(random)}`, longer: append }),
  "iso-time": (random) => ({ text: instant(random).slice(11) }),
  "iso-date-time": (random) => ({ text: instant(random) }),
  regex: (random) => ({ text: `^${word(random)}$` }),
  byte: (random) => ({
    text: Buffer.from(`${word(random)} ${word(random)}`).toString("base64"),
    longer: (text, characters) => "YWJj".repeat(Math.ceil(characters / 4)) + text,
  }),
  password: (random) => ({ text: `${word(random)}-${random.integer(1000, 9999)}`, longer: append }),
};

const shorter: Readonly<Record<string, readonly string[]>> = {
  email: ["mina@example.com", "a@b.example", "a@b.co"],
  hostname: ["a.example", "b.co"],
  uri: ["https://a.example", "a://b", "a:b"],
  url: ["https://a.example", "http://b.co"],
  "uri-reference": ["/a", "a"],
  "json-pointer": ["/a", ""],
  byte: ["YWJj", ""],
  ipv6: ["::1", "::"],
  ipv4: ["10.0.0.1", "1.1.1.1"],
  "uri-template": ["/{id}", "a"],
  password: ["secret12", "pass"],
};

/** Texts of a format, the most plausible first, as near to the length as the format allows; none for a format without rules. */
export function formatSamples(format: string, length: { readonly min: number; readonly max: number }, random: Random): readonly string[] {
  const make = Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (make === undefined) return [];
  const { text, longer } = make(random);
  const grown = text.length < length.min && longer !== undefined ? longer(text, length.min - text.length) : text;
  const short = Object.hasOwn(shorter, format) ? (shorter[format] ?? []) : [];
  return [grown, ...short].filter((each) => each.length >= length.min && each.length <= length.max);
}

export function word(random: Random): string {
  return random.pick(words);
}

export function personName(random: Random): string {
  return `${random.pick(givenNames)} ${random.pick(familyNames)}`;
}

/** Of version 4, by the numbers of the seed. */
export function uuid(random: Random): string {
  const hex = Array.from({ length: 32 }, () => random.integer(0, 15).toString(16));
  hex[12] = "4";
  hex[16] = random.pick(["8", "9", "a", "b"]);
  const text = hex.join("");
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}

/** Within 2025, to the second: the same seed gives the same time on every day. */
function instant(random: Random): string {
  const second = random.integer(0, 365 * 24 * 3600 - 1);
  return new Date(Date.UTC(2025, 0, 1) + second * 1000).toISOString().replace(".000Z", "Z");
}

/** Labels of a host's name have 63 characters at most. */
function hostLonger(text: string, characters: number): string {
  let grown = text;
  for (let left = characters; left > 0; left -= 51) grown = `${filler(Math.max(1, Math.min(50, left - 1)))}.${grown}`;
  return grown;
}
