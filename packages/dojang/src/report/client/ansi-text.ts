import { visibleText } from "./visible-text.ts";

/** A stretch of text with the classes its colours ask for. */
export interface StyledText {
  readonly text: string;
  readonly classes: readonly string[];
}

interface Pen {
  readonly foreground?: string;
  readonly bold: boolean;
  readonly dim: boolean;
}

const plainPen: Pen = { bold: false, dim: false };
const colours = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/**
 * Reads terminal output (ECMA-48, SGR) as styled text. Colours become classes; cursor moves, titles, hyperlinks and control
 * characters vanish or are shown as symbols, and marks that turn the writing direction become visible.
 */
export function ansiText(input: string): StyledText[] {
  const parts: StyledText[] = [];
  let pen = plainPen;
  let from = 0;
  const push = (text: string): void => {
    const visible = visibleText(text);
    if (visible !== "") parts.push({ text: visible, classes: classesOf(pen) });
  };
  for (const match of input.matchAll(
    /\u001b(?:\[([0-9;:]*)([ -/]*)([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\|$)|\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])/g,
  )) {
    push(input.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[3] === "m") pen = applied(pen, match[1] ?? "");
  }
  push(input.slice(from));
  return parts;
}

function applied(pen: Pen, codes: string): Pen {
  const numbers = codes.split(/[;:]/).map(Number);
  let next = pen;
  for (let index = 0; index < numbers.length; index += 1) {
    const code = numbers[index] ?? 0;
    // 38 and 48 take a palette's or a colour's numbers with them, which are not drawn.
    if (code === 38 || code === 48) index += numbers[index + 1] === 5 ? 2 : 4;
    else next = withCode(next, code);
  }
  return next;
}

function withCode(pen: Pen, code: number): Pen {
  if (code === 0) return plainPen;
  if (code === 1) return { ...pen, bold: true };
  if (code === 2) return { ...pen, dim: true };
  if (code === 22) return { ...pen, bold: false, dim: false };
  if (code === 39) return { ...pen, foreground: undefined };
  if (code >= 30 && code <= 37) return { ...pen, foreground: colours[code - 30] };
  if (code >= 90 && code <= 97) return { ...pen, foreground: colours[code - 90] };
  return pen;
}

function classesOf(pen: Pen): string[] {
  const classes = pen.foreground === undefined ? [] : [`ansi-${pen.foreground}`];
  if (pen.bold) classes.push("ansi-bold");
  if (pen.dim) classes.push("ansi-dim");
  return classes;
}
