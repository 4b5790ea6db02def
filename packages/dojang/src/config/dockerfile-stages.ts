import { posix } from "node:path";
import { type HealthCheck, parseDurationMs, splitCommand } from "@dojang/model";
import { execForm, type Instruction, parseDockerfile } from "./dockerfile-parse.ts";
import { interpolate } from "./interpolation.ts";

/** A stage with everything it has from the stages it is based on. Paths are absolute, variables replaced. */
export interface Stage {
  readonly name: string | undefined;
  /** The image at the bottom of its chain: `node:22-alpine`. */
  readonly baseImage: string;
  readonly workdir: string;
  readonly environment: Readonly<Record<string, string>>;
  /** In the order they happen, from the bottom of the chain on. */
  readonly actions: readonly StageAction[];
  readonly entrypoint: readonly string[] | undefined;
  readonly command: readonly string[] | undefined;
  readonly commandLine: number | undefined;
  readonly ports: readonly number[];
  readonly health: HealthCheck | "none" | undefined;
  readonly user: string | undefined;
  readonly stopSignal: string | undefined;
}

export type StageAction =
  | {
      readonly kind: "run";
      readonly line: number;
      readonly workdir: string;
      readonly script: string;
      /** ENV and ARG that the command sees. */
      readonly environment: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "copy";
      readonly line: number;
      /** Another stage, an image, or undefined for the build context. */
      readonly from: string | undefined;
      /** Absolute for a stage; relative to the context otherwise. */
      readonly sources: readonly string[];
      /** Absolute; ends with "/" when it must be a folder. */
      readonly target: string;
    };

/** Reads the stages of a Dockerfile, in order. `args` are the build's; defaults of the file stand for those not given. */
export function dockerfileStages(text: string, args: Readonly<Record<string, string>>): Stage[] {
  const stages: Stage[] = [];
  const globals = new Map<string, string>();
  let draft: Draft | undefined;
  for (const instruction of parseDockerfile(text)) {
    if (instruction.keyword === "FROM") {
      if (draft !== undefined) stages.push(finish(draft));
      draft = begin(instruction, { stages, globals });
    } else if (draft !== undefined) apply(draft, instruction, { args, globals });
    else if (instruction.keyword === "ARG") {
      for (const [name, value] of assignments(instruction.rest)) globals.set(name, args[name] ?? expand(value ?? "", globals));
    }
  }
  if (draft !== undefined) stages.push(finish(draft));
  return stages;
}

/** The stage called `target`, by name or number; the last one without it. */
export function stageNamed(stages: readonly Stage[], target: string | undefined): Stage | undefined {
  if (target === undefined) return stages.at(-1);
  return (
    stages.find(({ name }) => name?.toLowerCase() === target.toLowerCase()) ?? (/^\d+$/.test(target) ? stages[Number(target)] : undefined)
  );
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Mutable<Stage> & {
  /** ENV and ARG as instructions see them. */
  readonly scope: Map<string, string>;
  readonly ownActions: StageAction[];
  readonly ownEnvironment: Record<string, string>;
  ownCommand: boolean;
};

interface Scope {
  readonly args: Readonly<Record<string, string>>;
  readonly globals: ReadonlyMap<string, string>;
}

function begin(instruction: Instruction, { stages, globals }: { stages: readonly Stage[]; globals: ReadonlyMap<string, string> }): Draft {
  const [, image = "", name] = /^(\S+)(?:\s+as\s+(\S+))?/i.exec(expand(instruction.rest, globals)) ?? [];
  const parent = stages.find((stage) => stage.name !== undefined && stage.name.toLowerCase() === image.toLowerCase());
  const environment = { ...parent?.environment };
  const actions = [...(parent?.actions ?? [])];
  return {
    name,
    baseImage: parent?.baseImage ?? image,
    workdir: parent?.workdir ?? "/",
    environment,
    ownEnvironment: environment,
    actions,
    ownActions: actions,
    entrypoint: parent?.entrypoint,
    command: parent?.command,
    commandLine: parent?.commandLine,
    ports: parent?.ports ?? [],
    health: parent?.health,
    user: parent?.user,
    stopSignal: parent?.stopSignal,
    scope: new Map(Object.entries(environment)),
    ownCommand: false,
  };
}

function finish({ scope: _scope, ownActions: _actions, ownEnvironment: _environment, ownCommand: _own, ...stage }: Draft): Stage {
  return stage;
}

function apply(draft: Draft, instruction: Instruction, { args, globals }: Scope): void {
  const { rest, line } = instruction;
  const text = () => expand(rest, draft.scope);
  switch (instruction.keyword) {
    case "ARG":
      for (const [name, value] of assignments(rest)) {
        if (draft.ownEnvironment[name] === undefined)
          draft.scope.set(name, args[name] ?? (value === undefined ? (globals.get(name) ?? "") : expand(value, draft.scope)));
      }
      return;
    case "ENV":
      for (const [name, value] of environmentPairs(rest)) {
        draft.ownEnvironment[name] = expand(value, draft.scope);
        draft.scope.set(name, draft.ownEnvironment[name] ?? "");
      }
      return;
    case "WORKDIR":
      draft.workdir = posix.resolve(draft.workdir, unquote(text()));
      return;
    case "COPY":
    case "ADD":
      draft.ownActions.push(...copyAction(draft, instruction));
      return;
    case "RUN": {
      const words = execForm(rest);
      const body =
        instruction.documents.length > 0 && /^<<-?["']?\w+["']?$/.test(rest.trim()) ? (instruction.documents[0] ?? "") : undefined;
      const script = body ?? (words === undefined ? rest : words.map(quoteWord).join(" "));
      draft.ownActions.push({ kind: "run", line, workdir: draft.workdir, script, environment: Object.fromEntries(draft.scope) });
      return;
    }
    case "CMD":
      draft.command = execForm(rest) ?? ["sh", "-c", rest];
      draft.ownCommand = true;
      draft.commandLine ??= line;
      return;
    case "ENTRYPOINT":
      draft.entrypoint = execForm(rest) ?? ["sh", "-c", rest];
      // Docker forgets an inherited CMD when a stage sets its own ENTRYPOINT.
      if (!draft.ownCommand) draft.command = undefined;
      draft.commandLine = line;
      return;
    case "EXPOSE":
      draft.ports = [...draft.ports, ...exposed(text())];
      return;
    case "USER":
      draft.user = text();
      return;
    case "STOPSIGNAL":
      draft.stopSignal = /^\d+$/.test(text()) ? undefined : text();
      return;
    case "HEALTHCHECK":
      draft.health = healthOf(instruction);
      return;
  }
}

function copyAction(draft: Draft, { rest, flags, line }: Instruction): StageAction[] {
  const words = (execForm(rest) ?? rest.split(/\s+/))
    .map((word) => unquote(expand(word, draft.scope)))
    .filter((word) => word !== "" && !word.startsWith("<<"));
  const target = words.pop();
  if (target === undefined || words.length === 0) return [];
  const absolute = posix.resolve(draft.workdir, target);
  const folder = target.endsWith("/") || target === "." || words.length > 1;
  const from = flags.from;
  const sources = words.map((word) => (from === undefined ? posix.normalize(word.replace(/^\/+/, "") || ".") : posix.resolve("/", word)));
  return [{ kind: "copy", line, from, sources, target: folder && absolute !== "/" ? `${absolute}/` : absolute }];
}

function exposed(text: string): number[] {
  return text.split(/\s+/).flatMap((word) => {
    const match = /^(\d+)(?:\/tcp)?$/.exec(word);
    const port = Number(match?.[1]);
    return port >= 1 && port <= 65535 ? [port] : [];
  });
}

function healthOf({ rest, flags }: Instruction): HealthCheck | "none" | undefined {
  if (/^none$/i.test(rest.trim())) return "none";
  const command = /^CMD\s+([\s\S]+)$/i.exec(rest)?.[1]?.trim();
  if (command === undefined) return undefined;
  const words = execForm(command);
  const time = (flag: string, fallback: number) => parseDurationMs(flags[flag] ?? "") || fallback;
  const startIntervalMs = parseDurationMs(flags["start-interval"] ?? "");
  return {
    probe: words === undefined ? { kind: "shell", command } : { kind: "command", command: words },
    intervalMs: time("interval", 30_000),
    timeoutMs: time("timeout", 30_000),
    retries: Number(flags.retries) || 3,
    startPeriodMs: time("start-period", 0),
    ...(startIntervalMs !== undefined && { startIntervalMs }),
  };
}

/** `ARG a=1 b`: name and default. */
function assignments(rest: string): [string, string | undefined][] {
  return words(rest).map((word) => {
    const at = word.indexOf("=");
    return at === -1 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
  });
}

/** `ENV A=1 B="two words"`, and the old `ENV A one value to the end`. */
function environmentPairs(rest: string): [string, string][] {
  const old = /^([A-Za-z_]\w*)\s+([^=].*)$/.exec(rest);
  if (old?.[1] !== undefined && old[2] !== undefined && !/^\w+=/.test(rest)) return [[old[1], unquote(old[2])]];
  return assignments(rest).map(([name, value]) => [name, value ?? ""]);
}

function words(rest: string): string[] {
  const split = splitCommand(rest.replace(/([;&|<>])/g, "\\$1"));
  return split.ok ? split.words : [];
}

function unquote(text: string): string {
  return /^(["']).*\1$/.test(text) ? text.slice(1, -1) : text;
}

function expand(text: string, scope: ReadonlyMap<string, string>): string {
  const result = interpolate(text, (name) => scope.get(name));
  return result.ok ? result.value : text;
}

export function quoteWord(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
