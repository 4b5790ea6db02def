/** A text whose run of library frames can be folded away. */
export interface FoldedPart {
  readonly lines: readonly string[];
  readonly folded: boolean;
}

const frame = /^\s+at |^\s+File "|^\s+\^|^\s*\.\.\. \d+ more/;
const library = /node_modules|node:|\(<anonymous>\)|internal\/|site-packages|lib\/python|\bjava\.|\bsun\./;

/** Frames of one's own code stay; two or more library frames in a row fold into one line. */
export function foldStack(text: string): FoldedPart[] {
  const parts: { lines: string[]; folded: boolean }[] = [];
  for (const line of text.split("\n")) {
    const folded = frame.test(line) && library.test(line);
    const last = parts.at(-1);
    if (last !== undefined && last.folded === folded) last.lines.push(line);
    else parts.push({ lines: [line], folded });
  }
  const merged: { lines: string[]; folded: boolean }[] = [];
  for (const part of parts) {
    const folded = part.folded && part.lines.length > 1;
    const last = merged.at(-1);
    if (last !== undefined && !last.folded && !folded) last.lines.push(...part.lines);
    else merged.push({ lines: part.lines, folded });
  }
  return merged;
}
