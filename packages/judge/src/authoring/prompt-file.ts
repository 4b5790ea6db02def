import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { parse } from "yaml";
import { z } from "zod";

/**
 * prompts/NAME.vN.md: front matter with name, version and what is answered, then the text with {{places}}. A text that has been used is not
 * changed any more, a new one gets the next number: what made an exercise is told by name, number and hash.
 */
export interface Prompt {
  readonly name: string;
  readonly version: number;
  /** Of the whole file. */
  readonly hash: string;
  readonly output: string;
  readonly text: string;
}

const frontMatter = z.strictObject({
  name: z.string(),
  version: z.number().int().positive(),
  output: z.enum(["candidate", "second-solution", "part"]),
});

export async function loadPrompt(name: string, version: number, folder = promptFolder()): Promise<Prompt> {
  const file = join(folder, `${name}.v${version}.md`);
  const whole = await readFile(file, "utf8").catch((cause: Error) => {
    throw broken(file, cause.message);
  });
  const [, head, text] = /^---\n(.*?)\n---\n(.*)$/s.exec(whole) ?? [];
  if (head === undefined || text === undefined) throw broken(file, "it does not begin with front matter between two lines of ---");
  const parsed = frontMatter.safeParse(parse(head));
  if (!parsed.success) throw broken(file, parsed.error.issues.map((one) => `${one.path.join(".")}: ${one.message}`).join("; "));
  if (parsed.data.name !== name || parsed.data.version !== version)
    throw broken(file, `it says that it is ${parsed.data.name}.v${parsed.data.version}`);
  return { name, version, output: parsed.data.output, text: text.trim(), hash: createHash("sha256").update(whole).digest("hex") };
}

/** Every place has a value and every value a place; what is put in is never read as a place. */
export function fillPrompt({ name, text }: Prompt, values: Readonly<Record<string, string>>): string {
  const used = new Set<string>();
  const filled = text.replace(/\{\{(\w+)\}\}/g, (whole, key: string) => {
    used.add(key);
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    if (value === undefined) throw new Error(`the prompt ${name} has ${whole}, and nothing is said for it`);
    return value;
  });
  const unused = Object.keys(values).find((key) => !used.has(key));
  if (unused !== undefined) throw new Error(`the prompt ${name} has no {{${unused}}}`);
  return filled;
}

/** In a packed command they lie beside the file that this is part of. */
function promptFolder(): string {
  const packed = join(import.meta.dirname, "prompts");
  return existsSync(packed) ? packed : join(import.meta.dirname, "../../prompts");
}

function broken(file: string, why: string): Problem {
  return new Problem({
    code: "prompt-unreadable",
    exit: "configuration",
    message: `the prompt cannot be used: ${why}`,
    fix: "install dojang-judge again, or undo the change of that file",
    place: { file },
  });
}
