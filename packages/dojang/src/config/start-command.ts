import { posix } from "node:path";
import type { Layout } from "./dockerfile-layout.ts";
import type { Stage } from "./dockerfile-stages.ts";
import type { Dependencies } from "./package-manager.ts";

interface StartOptions {
  readonly words: readonly string[];
  readonly stage: Stage;
  readonly layout: Layout;
  readonly dependencies: Dependencies | undefined;
  /** Where the service starts, as it sees it. */
  readonly workingDirectory: string;
  /** Whether a file of the context may be executed, by its path inside the context. */
  readonly executable: (contextPath: string) => boolean;
}

/** An image's start command, with its files named where they are in the build context and its package manager replaced by npm. */
export function startCommand(options: StartOptions): string[] {
  const words = withoutInit(options.words);
  if (words.length === 3 && /(^|\/)(sh|bash)$/.test(words[0] ?? "") && words[1] === "-c") {
    const line = words[2] ?? "";
    const mapped = line.replace(/(?<=^|[\s=])[^\s'"$;&|<>()]+/g, (word) => (isPath(word) ? mapPath(word, options) : word));
    return ["sh", "-c", withoutPackageManager(mapped.split(" "), options).join(" ")];
  }
  const mapped = words.map((word, index) => (isPath(word) || (index === 0 && /\.sh$/.test(word)) ? mapPath(word, options) : word));
  return withShell(withoutPackageManager(mapped, options), options);
}

/** An environment reaps children and passes signals on by itself; the small init programs of images are not needed. */
function withoutInit(words: readonly string[]): readonly string[] {
  if (!/(^|\/)(tini|dumb-init|docker-init|catatonit)$/.test(words[0] ?? "")) return words;
  const rest = words.slice(1);
  const end = rest.findIndex((word) => !/^-[a-zA-Z]*$/.test(word));
  const from = rest[0] === "--" ? 1 : rest.includes("--") ? rest.indexOf("--") + 1 : end;
  return from > 0 && from < rest.length ? rest.slice(from) : rest;
}

function isPath(word: string): boolean {
  return (
    !word.startsWith("-") &&
    (/^\.{0,2}\//.test(word) || /^[\w.-]+(\/[\w.@-]+)+$/.test(word) || /^[\w.-]+\.(?:[cm]?[jt]s|py|sh)$/.test(word))
  );
}

function mapPath(word: string, { stage, layout, workingDirectory }: StartOptions): string {
  const absolute = posix.resolve(stage.workdir, word);
  const found =
    layout.contextPath(stage, absolute) ?? (word.includes("/") ? undefined : layout.contextPath(stage, `/usr/local/bin/${word}`));
  if (found === undefined) return word;
  const here = posix.join(layout.directory, found);
  if (here === posix.resolve(workingDirectory, word)) return word;
  return word.startsWith("/") ? here : posix.relative(workingDirectory, here) || ".";
}

function withoutPackageManager(words: readonly string[], { dependencies }: StartOptions): string[] {
  const [program = "", first = "", ...rest] = words;
  if (/^(uv|poetry|pipenv|pdm)$/.test(program) && first === "run") return withoutPackageManager(rest, { dependencies } as StartOptions);
  if (/^(yarn|pnpm)$/.test(program)) {
    const script = first === "run" ? (rest[0] ?? "") : first;
    const after = first === "run" ? rest.slice(1) : rest;
    return dependencies?.scripts[script] === undefined
      ? ["npx", ...[first, ...rest].filter((word) => word !== "exec" && word !== "dlx")]
      : ["npm", "run", script, ...after];
  }
  if (program === "python" && dependencies?.language !== "python")
    return ["python3", first, ...rest].filter((word, index) => word !== "" || index > 1);
  return [...words];
}

/** Dockerfiles make their entry scripts executable with a RUN that is not taken over. */
function withShell(words: readonly string[], { layout, workingDirectory, executable }: StartOptions): string[] {
  const program = words[0] ?? "";
  if (!program.endsWith(".sh")) return [...words];
  const inContext = posix.relative(layout.directory, posix.resolve(workingDirectory, program));
  return inContext.startsWith("..") || executable(inContext) ? [...words] : ["sh", ...words];
}
