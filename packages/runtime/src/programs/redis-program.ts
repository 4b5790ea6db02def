import { describeProgram, type InstalledProgram } from "./machine-facts.ts";
import type { PlannedFile, ProgramPlan, ProgramRequest } from "./program-plan.ts";
import { baseEnvironment, composeCommand, foldersOf, sharedPaths } from "./service-environment.ts";

export const redisLayout = { dataTarget: "/data", defaultPort: 6379 };

/**
 * Redis and Valkey. The images switch protected mode off, listen everywhere and work in /data; here a wrapper command of
 * the same name adds that, so that `redis-server`, `sh -c "redis-server ..."` and a script of the project's all get it.
 */
export function redisPlan(request: ProgramRequest, program: InstalledProgram, asked: string): ProgramPlan {
  const bin = `${request.runDirectory}/bin`;
  const port = request.listen.port ?? redisLayout.defaultPort;
  const words = composeCommand(request) ?? [];
  const given = words[0] === "docker-entrypoint.sh" ? words.slice(1) : words;
  const isFlagOrFile = given.length === 0 || given[0]?.startsWith("-") || given[0]?.endsWith(".conf");
  const seen = request.seen ?? ((path: string) => path);
  const command = isFlagOrFile ? ["redis-server", ...given] : given;
  return {
    describe: describeProgram(program),
    asked,
    argv: command.map((word) => (word === "redis-server" || word === "valkey-server" ? `${bin}/redis-server` : seen(word))),
    environment: { ...baseEnvironment(request, [bin, ...foldersOf(program)]), ...request.service.environment },
    workingDirectory: request.dataDirectory,
    readOnlyPaths: [...program.readOnlyPaths, ...sharedPaths(request)],
    writableDirectories: [request.runDirectory, bin],
    files: [
      ...["redis-server", "valkey-server"].map((name) => wrapper(`${bin}/${name}`, request, program)),
      ...clients(bin, request, port),
    ],
    data: { mountTarget: redisLayout.dataTarget, directory: request.dataDirectory, mode: 0o755 },
    defaultPort: redisLayout.defaultPort,
    health: { probe: { kind: "tcp", port }, intervalMs: 1_000, timeoutMs: 3_000, retries: 30, startPeriodMs: 0 },
    stopSignal: "SIGTERM",
  };
}

/** Of a flag given twice Redis takes the last: ours first, the user's after it; a file of settings has to be first of all. */
function wrapper(path: string, request: ProgramRequest, program: InstalledProgram): PlannedFile {
  const { listen, dataDirectory } = request;
  const server = program.binaries["redis-server"] ?? program.binaries["valkey-server"] ?? program.binaries.server ?? "redis-server";
  const defaults = [...["--bind", listen.host], ...["--protected-mode", "no"], ...["--dir", dataDirectory], ...["--daemonize", "no"]];
  const forced = listen.port === undefined ? [] : ["--port", String(listen.port)];
  const content = `#!/bin/sh
case "\${1:-}" in
  ""|-*) set -- ${defaults.map(quoted).join(" ")} "$@" ;;
  *) file="$1"; shift; set -- "$file" ${defaults.map(quoted).join(" ")} "$@" ;;
esac
exec ${quoted(server)} "$@" ${forced.map(quoted).join(" ")}
`;
  return { path, content, mode: 0o755 };
}

/** On an address of its own, a client that is told no host would ask the wrong one. */
function clients(bin: string, request: ProgramRequest, port: number): PlannedFile[] {
  const { host } = request.listen;
  if (!host.startsWith("127.")) return [];
  const line = (name: string) => `#!/bin/sh\nPATH="\${PATH#*:}"\nexec ${name} -h ${host} -p ${port} "$@"\n`;
  return ["redis-cli", "valkey-cli"].map((name) => ({ path: `${bin}/${name}`, content: line(name), mode: 0o755 }));
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
