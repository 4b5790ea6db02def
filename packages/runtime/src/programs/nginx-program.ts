import { describeProgram, type InstalledProgram } from "./machine-facts.ts";
import type { ProgramPlan, ProgramRequest } from "./program-plan.ts";
import { baseEnvironment, composeCommand, foldersOf, sharedPaths } from "./service-environment.ts";

export const nginxLayout = { dataTarget: "/usr/share/nginx/html", defaultPort: 80 };

/**
 * nginx with the project's configuration: the main file when it is mounted, else ours, which includes what is mounted in
 * conf.d as the image's does. Everything nginx writes goes to the run directory. `listen` and host names inside mounted
 * files are the runtime's affair: it hands in files that already say what holds there, through `seen`.
 */
export function nginxPlan(request: ProgramRequest, program: InstalledProgram, asked: string): ProgramPlan {
  const { runDirectory, service } = request;
  const seen = request.seen ?? ((path: string) => path);
  const port = request.listen.port ?? nginxLayout.defaultPort;
  const isMounted = (target: string) => service.mounts.some((mount) => target === mount.target || target.startsWith(`${mount.target}/`));
  const hasMain = isMounted("/etc/nginx/nginx.conf");
  const sites = service.mounts.filter((mount) => mount.target.startsWith("/etc/nginx/conf.d"));
  const main = hasMain ? seen("/etc/nginx/nginx.conf") : `${runDirectory}/nginx.conf`;
  const included = sites.map((mount) => seen(mount.target)).map((path) => (path.endsWith(".conf") ? path : `${path}/*.conf`));
  const given = composeCommand(request);
  const own = given === undefined || given.includes("nginx") === false || given[0] === "nginx";
  const html = isMounted("/usr/share/nginx/html") ? seen("/usr/share/nginx/html") : `${runDirectory}/html`;
  const server = program.binaries.server ?? "nginx";
  return {
    describe: describeProgram(program),
    asked,
    argv: own ? [server, "-p", runDirectory, "-c", main, "-e", "stderr", "-g", "daemon off;"] : given,
    environment: { ...baseEnvironment(request, foldersOf(program)), ...service.environment },
    workingDirectory: runDirectory,
    readOnlyPaths: [...program.readOnlyPaths, ...sharedPaths(request), "/etc/nginx/mime.types"],
    writableDirectories: [runDirectory, `${runDirectory}/html`, `${runDirectory}/logs`, ...compiledIn],
    files: hasMain
      ? []
      : [
          { path: main, content: mainFile({ runDirectory, included, html, listen: `${request.listen.host}:${port}` }), mode: 0o644 },
          { path: `${runDirectory}/html/index.html`, content: "<!doctype html><title>nginx</title><h1>nginx</h1>\n", mode: 0o644 },
        ],
    defaultPort: nginxLayout.defaultPort,
    health: { probe: { kind: "tcp", port }, intervalMs: 1_000, timeoutMs: 3_000, retries: 30, startPeriodMs: 0 },
    stopSignal: "SIGQUIT",
  };
}

/** What distributions compile in as places for temporary files, logs and the pid: used by a main file that says nothing. */
const compiledIn = ["/var/lib/nginx", "/var/log/nginx", "/var/cache/nginx", "/run"];

function mainFile(file: {
  readonly runDirectory: string;
  readonly included: readonly string[];
  readonly html: string;
  readonly listen: string;
}): string {
  const run = file.runDirectory;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `  ${kind}_temp_path ${run}/${kind};`);
  const site = `  server { listen ${file.listen}; root ${file.html}; index index.html; }`;
  return [
    "worker_processes 1;",
    "error_log stderr notice;",
    `pid ${run}/nginx.pid;`,
    "events { worker_connections 1024; }",
    "http {",
    "  include /etc/nginx/mime.types;",
    "  default_type application/octet-stream;",
    "  access_log /dev/stdout combined;",
    "  sendfile on;",
    "  keepalive_timeout 65;",
    ...temporary,
    ...(file.included.length > 0 ? file.included.map((path) => `  include ${path};`) : [site]),
    "}",
    "",
  ].join("\n");
}
