import type { DojangPackage } from "./pack-dojang.ts";
import type { ServerFacts } from "./server-facts.ts";

/** What the server shall be. */
export interface ProvisionRequest {
  /** Public keys, one line each, that may log in as the account. */
  readonly authorizedKeys: readonly string[];
  /** The version of Node (with or without its v), and the program of this machine that is copied there. */
  readonly node: { readonly version: string; readonly file: string; readonly architecture: string };
  /** Dojang itself, which is copied there too; absent where the server has a checkout of its own. */
  readonly app?: Pick<DojangPackage, "version" | "digest" | "pack">;
  /** Ports besides SSH's that the outside may reach. */
  readonly openPorts: readonly number[];
  /** argv of `dojang serve` there; the unit waits for every path among its words to exist. */
  readonly serve: readonly string[];
}

/** Things nobody may take from facts of the server: what was tried from here. */
export interface LoginProof {
  /** Somebody got in with a key alone, as a user who is or may become root. */
  readonly byKey: boolean;
}

/**
 * One thing that provisioning sees to. It is decided by facts alone whether it is done, before and after: what was applied is verified
 * by looking at the server again, not by believing the script.
 */
export interface ProvisionAction {
  readonly id: string;
  readonly what: string;
  readonly why: string;
  /** Undefined where it makes no sense: no systemd, another system. */
  applies(facts: ServerFacts): boolean;
  isDone(facts: ServerFacts): boolean;
  /** What is to be changed, in words of what is there now. */
  changes(facts: ServerFacts): readonly string[];
  script(facts: ServerFacts): string;
  /** A file that the script reads; or what makes one, when it is needed. */
  readonly inputFile?: string | (() => Promise<string>);
  /** Why it has to wait although it is not done. */
  held?(facts: ServerFacts, login: LoginProof): string | undefined;
  /** Undoes it when what should still work does not work any more. */
  readonly undo?: string;
}

export const accountName = "dojang";
export const accountHome = "/var/lib/dojang";
export const nodePath = "/opt/dojang/node/bin/node";

/** Runs only where systemd does. */
export function withSystemd(script: string): string {
  return `if test -d /run/systemd/system; then\n${script}\nfi`;
}

export interface FileActionOptions {
  readonly id: string;
  readonly what: string;
  readonly why: string;
  readonly path: string;
  readonly content: string;
  readonly mode?: string;
  /** What makes the system take notice. */
  readonly after?: string;
  readonly applies?: (facts: ServerFacts) => boolean;
  /** Besides the file's content. */
  readonly alsoDone?: (facts: ServerFacts) => boolean;
}

/** A file with exactly this content. It is renamed into place, so a reader never meets half of it. */
export function fileAction(options: FileActionOptions): ProvisionAction {
  const { id, what, why, path, content, mode = "0644", after = "true", alsoDone = () => true } = options;
  const encoded = Buffer.from(content).toString("base64");
  return {
    ...{ id, what, why },
    applies: options.applies ?? (() => true),
    isDone: (facts) => facts.files[path] === content && alsoDone(facts),
    changes: (facts) => {
      if (facts.files[path] === content) return [`${path} is there, but not in effect`];
      return [
        `${facts.files[path] === undefined ? "writes" : "replaces"} ${path}:`,
        ...content
          .trimEnd()
          .split("\n")
          .map((line) => `  ${line}`),
      ];
    },
    script: () => `set -e
mkdir -p "$(dirname ${path})"
printf %s '${encoded}' | base64 -d > ${path}.dojang-new
chmod ${mode} ${path}.dojang-new
mv ${path}.dojang-new ${path}
${after}`,
  };
}
