import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import type { Problem } from "@dojang/model";
import { placeOf, type ScriptPlace } from "./script-place.ts";
import { type UnusableScript, unusableScript } from "./unusable-script.ts";
import type { Visit } from "./visit.ts";

const example = 'export default async function visit({ http }) { await http.get("/"); }';

/** Imports a module of the project. Throws a Problem with file and line for one that cannot be run. */
export async function loadVisit(module: string): Promise<Visit> {
  if (!existsSync(module))
    throw unusable(module, {
      message: `the script ${module} is not there`,
      fix: "check the path; it is relative to the file that names it",
    });
  let loaded: { readonly default?: unknown };
  try {
    loaded = await import(pathToFileURL(module).href);
  } catch (error) {
    throw await whyNotImported(module, error);
  }
  // Called with what the type says, and what it does is watched.
  if (typeof loaded.default === "function") return loaded.default as Visit;
  const seen =
    "default" in loaded ? `its default export is ${loaded.default === null ? "null" : typeof loaded.default}` : "it has no default export";
  throw unusable(module, { message: `${basename(module)} is no scenario: ${seen}, not a function`, fix: `write ${example}` });
}

async function whyNotImported(module: string, error: unknown): Promise<Problem> {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const message = error instanceof Error ? error.message : String(error);
  const name = basename(module);
  if (code === "ERR_UNKNOWN_FILE_EXTENSION") {
    return unusable(module, {
      message: `Node ${process.versions.node} cannot run ${name}`,
      fix: "use Node 22.6 or newer for TypeScript, or write it as .mjs",
      cause: error,
    });
  }
  if (code === "ERR_MODULE_NOT_FOUND")
    return unusable(module, { message, fix: "install it where the script is, or correct the import", cause: error });
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") {
    return unusable(module, {
      message,
      place: placeOf(error, module),
      fix: "Node only takes types off: write it without enum, namespace and parameter properties",
      cause: error,
    });
  }
  if (error instanceof SyntaxError) {
    const place = placeOf(error, module) ?? placeInSnippet(module, message) ?? (await placeByCheck(module));
    return unusable(module, {
      message: `${name} cannot be read: ${firstLine(message)}`,
      place,
      fix: "correct the syntax here",
      cause: error,
    });
  }
  return unusable(module, {
    message: `${name} failed while it was imported: ${firstLine(message)}`,
    place: placeOf(error, module),
    fix: "let it do its work in the default export, once for each session",
    cause: error,
  });
}

/** Node 22 draws the place of a mistake in TypeScript: `,-[3:1]` above the lines, and a caret below that which is meant. */
function placeInSnippet(module: string, message: string): ScriptPlace | undefined {
  const line = /,-\[(\d+):\d+\]/.exec(message)?.[1];
  return line === undefined ? undefined : { file: module, line: Number(line) };
}

/** The loader does not say where a mistake in JavaScript is; Node's own check does. */
function placeByCheck(module: string): Promise<ScriptPlace | undefined> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["--check", module], { timeout: 10_000 }, (_, __, stderr) => {
      const line = stderr.startsWith(`${module}:`) ? /^:(\d+)/.exec(stderr.slice(module.length))?.[1] : undefined;
      resolve(line === undefined ? undefined : { file: module, line: Number(line) });
    });
  });
}

function firstLine(message: string): string {
  return message.trim().split("\n", 1)[0] ?? message;
}

function unusable(module: string, why: Omit<UnusableScript, "code">): Problem {
  return unusableScript(module, { code: "scenario-script", ...why });
}
