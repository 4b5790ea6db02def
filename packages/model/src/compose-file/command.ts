import { z } from "zod";
import { text } from "./scalars.ts";

export type SplitCommand = { readonly ok: true; readonly words: string[] } | { readonly ok: false; readonly reason: string };

/**
 * Splits a command as Compose does: quotes and backslashes as in a shell, but no shell runs. What only a shell would
 * understand (`&&`, `|`, `>`) is refused, because Compose silently drops everything from there on.
 */
export function splitCommand(line: string): SplitCommand {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let at = 0; at < line.length; at++) {
    const letter = line[at] ?? "";
    if (quote !== undefined) {
      if (letter === quote) quote = undefined;
      else if (letter === "\\" && quote === '"' && /["\\$`\n]/.test(line[at + 1] ?? "")) word += line[++at] ?? "";
      else word += letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= "";
    } else if (letter === "\\") {
      const next = line[++at];
      if (next !== undefined && next !== "\n") word = (word ?? "") + next;
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (/[;&|<>]/.test(letter)) {
      return { ok: false, reason: `"${letter}" has no meaning, because no shell runs the command` };
    } else word = (word ?? "") + letter;
  }
  if (quote !== undefined) return { ok: false, reason: `the quote ${quote} is not closed` };
  if (word !== undefined) words.push(word);
  return { ok: true, words };
}

/** A line that is split into words, or a list of words taken as it is. null (no value) changes nothing; an empty list clears the image's. */
export const command = z
  .union([z.null(), z.string(), z.array(text)], { error: "must be a command line or a list of words" })
  .transform((value, context) => {
    if (value === null) return undefined;
    if (Array.isArray(value)) return value;
    const split = splitCommand(value);
    if (split.ok) return split.words;
    context.addIssue({
      code: "custom",
      message: `is not one command: ${split.reason}, got "${value.trim().slice(0, 60)}"`,
      params: { fix: 'write it as a list: ["sh", "-c", "..."]' },
    });
    return z.NEVER;
  });
