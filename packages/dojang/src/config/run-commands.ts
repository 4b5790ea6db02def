import { posix } from "node:path";
import { splitCommand } from "@dojang/model";
import { type Layout, stageOf } from "./dockerfile-layout.ts";
import type { Stage, StageAction } from "./dockerfile-stages.ts";
import { quoteWord } from "./dockerfile-stages.ts";
import type { Dependencies } from "./package-manager.ts";

/** What a Dockerfile's RUN lines mean when there is no image: dependencies are installed once, the project's own commands are kept. */
export interface RunCommands {
  /** Commands after the dependencies, each run from the context's folder. */
  readonly build: readonly string[];
  /** Lines that could not be taken over, with their number. */
  readonly leftOut: readonly { readonly line: number; readonly command: string }[];
}

type Run = Extract<StageAction, { kind: "run" }>;

/** Every RUN that went into a stage, the stages it copies from first. */
export function runsInto(stage: Stage, stages: readonly Stage[]): { readonly run: Run; readonly stage: Stage }[] {
  const found = new Map<number, { run: Run; stage: Stage }>();
  const visited = new Set<Stage>();
  const visit = (at: Stage) => {
    if (visited.has(at)) return;
    visited.add(at);
    for (const action of at.actions) {
      const from = action.kind === "copy" && action.from !== undefined ? stageOf(stages, action.from) : undefined;
      if (from !== undefined) visit(from);
      if (action.kind === "run" && !found.has(action.line)) found.set(action.line, { run: action, stage: at });
    }
  };
  visit(stage);
  return [...found.values()];
}

/** Files that RUN lines give to `pip install -r`, relative to the layout's folder; known before how dependencies are installed. */
export function requirementFiles(runs: readonly { readonly run: Run; readonly stage: Stage }[], layout: Layout): string[] {
  const files = runs.flatMap(({ run, stage }) =>
    [...run.script.matchAll(/pip3?\s+install\b[^&;|]*/g)]
      .flatMap(([line]) => [...line.matchAll(/(?:-r|--requirement)[ =]?(\S+)/g)])
      .map(([, file = ""]) => layout.contextPath(stage, posix.resolve(run.workdir, file)) ?? file),
  );
  // Never above the context, though it may be above the folder that is worked in.
  const inside = files.filter((file) => !file.startsWith("..") && !file.startsWith("/"));
  return [...new Set(inside.map((file) => posix.relative(layout.folder, file)))];
}

interface RunOptions {
  readonly runs: readonly { readonly run: Run; readonly stage: Stage }[];
  readonly layout: Layout;
  readonly dependencies: Dependencies | undefined;
}

export function runCommands({ runs, layout, dependencies }: RunOptions): RunCommands {
  const build: string[] = [];
  const leftOut: { line: number; command: string }[] = [];
  for (const { run, stage } of runs) {
    const commands = simpleCommands(run.script);
    if (commands === undefined) {
      if (/\b(npm|npx|yarn|pnpm|node|python3?|make)\b/.test(run.script)) leftOut.push({ line: run.line, command: shorten(run.script) });
      continue;
    }
    let folder = run.workdir;
    for (const words of commands) {
      if (words[0] === "cd") folder = posix.resolve(folder, words[1] ?? "/");
      else {
        const meaning = meaningOf(words, dependencies);
        if (meaning === "unknown") leftOut.push({ line: run.line, command: shorten(words.join(" ")) });
        if (typeof meaning === "object") build.push(lineFor(meaning.words, { folder, run, stage, layout }));
      }
    }
  }
  return { build: [...new Set(build)], leftOut };
}

/** A script as a sequence of plain commands; undefined when it needs more of a shell than that. */
function simpleCommands(script: string): string[][] | undefined {
  const parts: string[] = [];
  let quote: string | undefined;
  let part = "";
  for (let at = 0; at < script.length; at++) {
    const letter = script[at] ?? "";
    if (quote !== undefined) {
      if (letter === quote) quote = undefined;
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === "\n" || letter === ";" || script.startsWith("&&", at)) {
      parts.push(part);
      part = "";
      if (letter === "&") at++;
      continue;
    } else if (/[|&`(){}]/.test(letter) && !(letter === "{" && script[at - 1] === "$") && !(letter === "}" && /\$\{\w+$/.test(part)))
      return undefined;
    part += letter;
  }
  const commands: string[][] = [];
  for (const text of [...parts, part]) {
    if (/^\s*(if|then|else|fi|for|do|done|while|case|esac|function)\b/.test(text)) return undefined;
    const split = splitCommand(text.replace(/\s\d?>>?\s*\S+/g, "").replace(/\d>&\d/g, ""));
    if (!split.ok) return undefined;
    // `NAME=value command` keeps its variables by way of `env`.
    if (split.words.length > 0 && !/^#/.test(split.words[0] ?? "")) commands.push(split.words);
  }
  return commands;
}

type Meaning = "install" | "machine" | "unknown" | { readonly words: readonly string[] };

/** Commands that prepare the image's system or user; nothing here needs them. */
const machineCommands =
  /^(apt|apt-get|apk|yum|dnf|microdnf|adduser|addgroup|useradd|groupadd|usermod|groupmod|chown|chmod|rm|ln|corepack|curl|wget|tar|unzip|echo|printf|set|export|update-ca-certificates|locale-gen|gpg|install|true|:|cat|sleep|id|whoami|ls|pwd|env|which|dpkg-reconfigure|ldconfig|setcap|passwd|chpasswd|source|\.|bundle-audit|mkdir|touch)$/;

function meaningOf(all: readonly string[], dependencies: Dependencies | undefined): Meaning {
  const assignments = all.slice(
    0,
    all.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word)),
  );
  const words = all.slice(assignments.length);
  const meaning = meaningOfProgram(words, dependencies);
  return typeof meaning === "object" && assignments.length > 0 ? { words: ["env", ...assignments, ...meaning.words] } : meaning;
}

function meaningOfProgram(words: readonly string[], dependencies: Dependencies | undefined): Meaning {
  const [program = "", first = "", ...rest] = words;
  if (machineCommands.test(program)) return "machine";
  if (/^(npm|yarn|pnpm)$/.test(program)) return meaningOfPackageManager({ program, first, rest, words }, dependencies);
  if (/^(pip3?|poetry|uv|pipenv|pdm|conda)$/.test(program) || (/^python3?$/.test(program) && first === "-m" && rest[0] === "pip"))
    return meaningOfPip(words, dependencies);
  if (program === "npx") return { words };
  if (/^(node|tsc|next|vite|prisma|python3?|flask|django-admin|make|sh|bash|cp|mv)$/.test(program) || /^\.\//.test(program)) {
    if (/^(tsc|next|vite|prisma)$/.test(program)) return { words: ["npx", ...words] };
    if (/^python3?$/.test(program))
      return first === "-m" && rest[0] === "venv"
        ? "machine"
        : { words: [dependencies?.language === "python" ? ".venv/bin/python" : "python3", ...words.slice(1)] };
    if (program === "flask" || program === "django-admin") return { words: [`.venv/bin/${program}`, ...words.slice(1)] };
    return { words };
  }
  return "unknown";
}

function meaningOfPackageManager(
  { program, first, rest, words }: { program: string; first: string; rest: readonly string[]; words: readonly string[] },
  dependencies: Dependencies | undefined,
): Meaning {
  const general = words.some((word) => word === "-g" || word === "--global");
  if (/^(ci|i|install|add|fetch|)$/.test(first) || (first.startsWith("-") && rest.length === 0)) return general ? "machine" : "install";
  if (/^(cache|config|prune|set|store|global|rebuild|update|audit|fund|version|dedupe|setup|autoclean)$/.test(first)) return "machine";
  const script = first === "run" ? (rest[0] ?? "") : first;
  if (program === "npm") return { words };
  if (dependencies?.scripts[script] !== undefined) return { words: ["npm", "run", script, ...(first === "run" ? rest.slice(1) : rest)] };
  return { words: [...(dependencies?.prefix.split(" ") ?? [program]), ...words.slice(1)] };
}

function meaningOfPip(words: readonly string[], dependencies: Dependencies | undefined): Meaning {
  const program = words[0] ?? "";
  if (!/^(pip3?|python3?)$/.test(program)) return "install";
  const at = words.indexOf("install");
  if (at === -1) return "machine";
  const packages = words
    .slice(at + 1)
    .filter(
      (word, index, list) =>
        !word.startsWith("-") &&
        !/^(-r|--requirement|-c|--constraint|--prefix|--target|-t|-i|--index-url|--extra-index-url)$/.test(list[index - 1] ?? ""),
    );
  const own = packages.filter(
    (name) => !/^(pip|setuptools|wheel|poetry|uv|pipenv|virtualenv)\b/.test(name) && !/^\.|\/|\.(txt|whl)$/.test(name),
  );
  if (own.length === 0) return packages.some((name) => /^\./.test(name)) || words.includes("-r") ? "install" : "machine";
  return dependencies?.language === "python" || dependencies === undefined ? { words: [".venv/bin/pip", "install", ...own] } : "machine";
}

/** Variables that only steer installers and interpreters. */
const quietVariables = /^(PATH|PYTHON\w*|PIP_\w*|DEBIAN_FRONTEND|POETRY_\w*|UV_\w*|PNPM_HOME|NPM_CONFIG_\w*|LANG|LC_\w*|TZ|HOME|USER)$/;

interface LineOptions {
  readonly folder: string;
  readonly run: Run;
  readonly stage: Stage;
  readonly layout: Layout;
}

function lineFor(words: readonly string[], { folder, run, stage, layout }: LineOptions): string {
  const variables = Object.entries(run.environment).filter(([name]) => !quietVariables.test(name));
  const prefix = variables.map(([name, value]) => `${name}=${quoteWord(value)} `).join("");
  const inContext = layout.contextPath(stage, folder) ?? layout.folder;
  const line = `${prefix}${words.map(quoteUnlessVariable).join(" ")}`;
  return inContext === "" ? line : `cd ${quoteWord(inContext)} && ${line}`;
}

function quoteUnlessVariable(word: string): string {
  return /^[\w./:=@%+,$*{}-]+$/.test(word) ? word : quoteWord(word);
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}
