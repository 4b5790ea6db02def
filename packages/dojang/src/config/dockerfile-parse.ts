/** One instruction of a Dockerfile: continuation lines joined, comments gone, here-documents kept apart. */
export interface Instruction {
  readonly keyword: string;
  readonly flags: Readonly<Record<string, string>>;
  /** What follows the keyword and its flags. */
  readonly rest: string;
  /** Bodies of `<<EOF` documents, in order. */
  readonly documents: readonly string[];
  readonly line: number;
}

const mostInstructions = 2_000;

/** Source: https://docs.docker.com/reference/dockerfile/. Never throws: a line that is no instruction gets the keyword "". */
export function parseDockerfile(text: string): Instruction[] {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const continuation = /^#\s*escape\s*=\s*`/im.test(lines.slice(0, 5).join("\n")) ? "`" : "\\";
  const instructions: Instruction[] = [];
  for (let at = 0; at < lines.length && instructions.length < mostInstructions; ) {
    const line = at + 1;
    if (/^\s*(#|$)/.test(lines[at] ?? "")) {
      at++;
      continue;
    }
    let joined = "";
    for (let more = true; more && at < lines.length; at++) {
      const raw = lines[at] ?? "";
      // Comments and empty lines between continued lines are dropped.
      if (joined !== "" && /^\s*(#|$)/.test(raw)) continue;
      const trimmed = raw.trimEnd();
      more = trimmed.endsWith(continuation);
      joined += more ? `${trimmed.slice(0, -1)} ` : trimmed;
    }
    const documents: string[] = [];
    if (/^\s*(run|copy|add)\b/i.test(joined)) {
      for (const [, dash, , name] of joined.matchAll(/<<(-?)(["']?)([A-Za-z_]\w*)\2/g)) {
        const body: string[] = [];
        for (; at < lines.length; at++) {
          const raw = dash === "-" ? (lines[at] ?? "").replace(/^\t+/, "") : (lines[at] ?? "");
          if (raw === name) break;
          body.push(raw);
        }
        at++;
        documents.push(body.join("\n"));
      }
    }
    instructions.push(instruction(joined, documents, line));
  }
  return instructions;
}

function instruction(joined: string, documents: readonly string[], line: number): Instruction {
  const match = /^\s*([A-Za-z]+)(?:\s+([\s\S]*))?$/.exec(joined);
  let rest = (match?.[2] ?? "").trim();
  const flags: Record<string, string> = {};
  for (let flag = /^--([a-z-]+)(?:=(\S*))?\s*/.exec(rest); flag !== null; flag = /^--([a-z-]+)(?:=(\S*))?\s*/.exec(rest)) {
    flags[flag[1] ?? ""] = flag[2] ?? "";
    rest = rest.slice(flag[0].length);
  }
  return { keyword: (match?.[1] ?? "").toUpperCase(), flags, rest, documents, line };
}

/** `["a", "b"]` as words; undefined for the shell form. */
export function execForm(rest: string): string[] | undefined {
  if (!rest.startsWith("[")) return undefined;
  try {
    const value: unknown = JSON.parse(rest);
    return Array.isArray(value) && value.every((word): word is string => typeof word === "string") ? value : undefined;
  } catch {
    // Docker takes what is not JSON as a shell line, too.
    return undefined;
  }
}
