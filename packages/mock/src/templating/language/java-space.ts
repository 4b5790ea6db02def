/** Character.isWhitespace: space, line ends and separators, but none that forbids a line break. */
export function isJavaSpace(code: number): boolean {
  return (
    (code >= 0x09 && code <= 0x0d) ||
    (code >= 0x1c && code <= 0x20) ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a && code !== 0x2007) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x205f ||
    code === 0x3000
  );
}

export function stripStart(text: string): string {
  let at = 0;
  while (at < text.length && isJavaSpace(text.charCodeAt(at))) at += 1;
  return text.slice(at);
}

export function stripEnd(text: string): string {
  let at = text.length;
  while (at > 0 && isJavaSpace(text.charCodeAt(at - 1))) at -= 1;
  return text.slice(0, at);
}

/** String.trim: everything up to the space. */
export function javaTrim(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && text.charCodeAt(from) <= 0x20) from += 1;
  while (to > from && text.charCodeAt(to - 1) <= 0x20) to -= 1;
  return text.slice(from, to);
}
