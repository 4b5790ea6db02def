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
  /** The interpreter that a script of the context needs, because it is not executable itself; by its path inside the context. */
  readonly interpreter: (contextPath: string) => string | undefined;
  /** Whether the context has this file. */
  readonly exists: (contextPath: string) => boolean;
}

/** An image's start command, with its files named where they are in the build context and its package manager replaced by npm. */
export function startCommand(options: StartOptions): string[] {
  const words = withoutInit(options.words);
  if (words.length === 3 && /(^|\/)(sh|bash)$/.test(words[0] ?? "") && words[1] === "-c") {
    const line = words[2] ?? "";
    const mapped = line.replace(/(?<=^|[\s=])[^\s'"$;&|<>()]+/g, (word) => (isPath(word) ? mapPath(word, options) : word));
    return ["sh", "-c", withoutPackageManager(mapped.split(" "), options).join(" ")];
  }
  const mapped = words.map((word, index) =>
    index === 0 && !word.includes("/") ? mapProgram(word, options) : isPath(word) ? mapPath(word, options) : word,
  );
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
  const found = layout.contextPath(stage, posix.resolve(stage.workdir, word));
  if (found === undefined) return word;
  const here = posix.join(layout.directory, found);
  if (here === posix.resolve(workingDirectory, word)) return word;
  return word.startsWith("/") ? here : posix.relative(workingDirectory, here) || ".";
}

/** `entrypoint.sh`, which the image finds by its PATH because a COPY put it there. */
function mapProgram(word: string, { stage, layout, workingDirectory, exists }: StartOptions): string {
  for (const folder of ["/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/bin"]) {
    const found = layout.contextPath(stage, `${folder}/${word}`);
    if (found !== undefined && exists(found)) return `./${posix.relative(workingDirectory, posix.join(layout.directory, found))}`;
  }
  return word;
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
function withShell(words: readonly string[], { layout, workingDirectory, interpreter }: StartOptions): string[] {
  const program = words[0] ?? "";
  if (!program.includes("/")) return [...words];
  const inContext = posix.relative(layout.directory, posix.resolve(workingDirectory, program));
  const needed = inContext.startsWith("..") ? undefined : interpreter(inContext);
  return needed === undefined ? [...words] : [needed, ...words];
}
