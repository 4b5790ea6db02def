/**
 * Breaks a text into lines of at most `width` characters, at spaces where there are some. A text that fits is left alone; in one
 * that does not, line ends count as any other character while looking for a place to break, and blank lines go: as WireMock does.
 */
export function wrapText(text: string, width: number): string {
  if (text.split("\n").every((line) => line.length <= width)) return text;
  let wrapped = "";
  let at = 0;
  for (;;) {
    if (text[at] === " ") {
      at++;
      continue;
    }
    if (text.length - at <= width) break;
    const space = text.lastIndexOf(" ", at + width);
    const end = space > at ? space : at + width;
    wrapped += `${text.slice(at, end)}\n`;
    at = space > at ? end + 1 : end;
  }
  return (wrapped + text.slice(at)).replace(/^[ \t]*\n/gm, "");
}
