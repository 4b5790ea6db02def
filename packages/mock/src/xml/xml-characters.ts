/** NameStartChar and NameChar of XML 1.0, fifth edition. */
const START =
  ":A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}-\\u{200D}\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}";

/** A name at a place: set `lastIndex`. */
export const NAME = new RegExp(`[${START}][${START}.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}-\\u{2040}-]*`, "uy");

export function isXmlName(text: string): boolean {
  NAME.lastIndex = 0;
  return NAME.exec(text)?.[0] === text;
}

/** What XML does not allow anywhere: controls, lone surrogates, U+FFFE and U+FFFF. */
const ILLEGAL = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** The place of the first character XML does not allow; -1 when there is none. */
export function illegalCharacter(text: string): number {
  return text.search(ILLEGAL);
}

export function isXmlCharacter(point: number): boolean {
  return point <= 0x10ffff && !ILLEGAL.test(String.fromCodePoint(point));
}
