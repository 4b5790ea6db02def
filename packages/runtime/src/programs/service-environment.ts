import { delimiter, dirname } from "node:path";
import { Problem } from "@dojang/model";
import type { InstalledProgram } from "./machine-facts.ts";
import type { ProgramRequest } from "./program-plan.ts";

/** Variables every plan sets before the spec's own: PATH with the program first and the stand-ins last, HOME, a locale. */
export function baseEnvironment(request: ProgramRequest, first: readonly string[]): Record<string, string> {
  const { machine, runDirectory } = request;
  const folders = [...first, ...machine.clientFolders, ...systemFolders, `${machine.standIns}/bin`, `${machine.standIns}/node-bin`];
  return { PATH: [...new Set(folders)].join(delimiter), HOME: runDirectory, LANG: "C.UTF-8", TMPDIR: "/tmp" };
}

const systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

export function foldersOf(program: InstalledProgram): string[] {
  return [...new Set(Object.values(program.binaries).map((path) => dirname(path)))];
}

/** What has to be visible beside the program itself: stand-in commands, and the Node that runs them. */
export function sharedPaths(request: ProgramRequest): string[] {
  const own = request.machine.programs.find((program) => program.family === "node" && program.origin === "dojang");
  return [request.machine.standIns, ...(own?.readOnlyPaths ?? [])];
}

/**
 * A variable, or the content of the file that NAME_FILE names, as the official images read them. Only files given by
 * value are read: a path in the checkout could be swapped for a link to anything.
 */
export function imageVariable(request: ProgramRequest, name: string): string | undefined {
  const { service } = request;
  const value = service.environment[name];
  const path = service.environment[`${name}_FILE`];
  if (path === undefined || path === "") return value;
  const file = service.mounts.find((mount) => mount.kind === "file" && mount.target === path);
  if (file?.kind === "file") return file.content.replace(/\n+$/, "");
  throw new Problem({
    code: "image-misconfigured",
    exit: "configuration",
    message: `service ${service.name}: ${name}_FILE names ${path}, which is no Compose secret or config of it`,
    fix: `declare the file under secrets: of the Compose file, or set ${name}`,
  });
}

/** Compose's entrypoint and command, as one argv; undefined when it says nothing. */
export function composeCommand(request: ProgramRequest): readonly string[] | undefined {
  const { entrypoint, command } = request.service.program;
  return entrypoint === undefined && command === undefined ? undefined : [...(entrypoint ?? []), ...(command ?? [])];
}

export function misconfigured(service: string, message: string, fix: string): Problem {
  return new Problem({ code: "image-misconfigured", exit: "configuration", message: `service ${service}: ${message}`, fix });
}
