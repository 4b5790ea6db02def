import { basename, join } from "node:path";
import type { EnvironmentSpec, HealthCheck, MountSpec, ServiceSpec } from "@dojang/model";
import type { BuiltImage } from "../contract.ts";
import { languageEnvironment } from "../programs/language-program.ts";
import type { MachineFacts } from "../programs/machine-facts.ts";
import type { PlannedFile, ProgramPlan, ProgramRequest } from "../programs/program-plan.ts";
import { imageLayout, resolveProgram } from "../programs/resolve-program.ts";
import { type GuestUser, ownUserOf } from "../sandbox/guest-user.ts";
import type { SupervisedService } from "../supervision/supervised-entry.ts";
import { type AddressBook, rewriteLocalhost, rewriteText, rewriteVariables, type ServiceAddress } from "./address-book.ts";
import { commandService } from "./command-service.ts";
import { environmentMark, type HostFolder } from "./host-folder.ts";
import { runFolder } from "./run-folder.ts";
import { rewritePaths, type SeenPaths, seenPath } from "./seen-paths.ts";

/** Everything the supervisor and later callers need: paths, addresses and variables are already those of the host. */
export interface HostPlan {
  readonly id: string;
  readonly startTimeoutMs: number;
  readonly mostEndings?: number;
  /** Whom its processes run as; undefined where Dojang cannot choose users. */
  readonly user?: GuestUser;
  readonly book: AddressBook;
  readonly services: readonly HostService[];
  /** Where commands outside services run. */
  readonly workspace?: CommandPlace;
}

export interface CommandPlace {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly seen: SeenPaths;
}

export interface HostService extends SupervisedService, CommandPlace {
  readonly describe: string;
  readonly argv: readonly string[];
  readonly files: readonly PlannedFile[];
  readonly writableDirectories: readonly string[];
  readonly address: ServiceAddress;
  /** As the spec names them. */
  readonly ports: readonly number[];
}

/** What has to be laid out on disk before the supervisor starts. */
export interface LayOut {
  readonly trees: readonly { readonly from: string; readonly to: string }[];
  readonly copies: readonly { readonly from: string; readonly to: string; readonly isConfiguration: boolean; readonly service: string }[];
  readonly files: readonly PlannedFile[];
  readonly folders: readonly string[];
  /** The trees' installed packages are shared with where they come from. */
  readonly sharesInstalled: boolean;
  /** Of volumes that stay when the environment goes; possibly links. */
  readonly kept: readonly string[];
  readonly data: readonly { readonly request: ProgramRequest; readonly plan: ProgramPlan }[];
}

export interface HostFacts {
  readonly paths: HostFolder;
  readonly machine: MachineFacts;
  readonly addresses: Readonly<Record<string, ServiceAddress>>;
  readonly images: Readonly<Record<string, BuiltImage>>;
  readonly held: readonly string[];
  readonly mostEndings?: number | undefined;
}

/** How a service comes to its address: told to listen there, made to by the preload, or asked by PORT to move. */
export type Placement = "listens" | "preloaded" | "moves";

export function placementOf(service: ServiceSpec): Placement {
  const { program } = service;
  if (program.kind === "build") return program.recipe.language === "node" ? "preloaded" : "moves";
  if (imageLayout(program.image) !== undefined) return "listens";
  return /(^|\/)node(:|$)/.test(program.image) ? "preloaded" : "moves";
}

/** The ports a service is reached at by others, as Compose speaks of them. */
export function portsOf(service: ServiceSpec): readonly number[] {
  const declared = service.ports.map((port) => port.container);
  const probe = service.health?.probe;
  const probed = probe?.kind === "http" || probe?.kind === "tcp" ? [probe.port] : [];
  const own = service.program.kind === "image" ? imageLayout(service.program.image)?.defaultPort : undefined;
  return [...new Set([...declared, ...probed, ...(own === undefined ? [] : [own])])];
}

/** Pure: facts and spec to the supervisor's plan and what to lay out. Throws the Problems of `resolveProgram`. */
export function planHost(
  spec: EnvironmentSpec,
  facts: HostFacts,
): { readonly plan: HostPlan; readonly layOut: LayOut; readonly programs: ReadonlyMap<string, ProgramPlan> } {
  const book = bookOf(spec, facts);
  const planned = spec.services.map((service) => planService({ spec, service, facts, book }));
  const { paths } = facts;
  const workspace = spec.workspace && planWorkspace(spec, facts, book);
  return {
    plan: {
      id: spec.id,
      startTimeoutMs: spec.startTimeoutMs,
      mostEndings: facts.mostEndings,
      user: ownUserOf(spec.ownUser),
      book,
      services: planned.map((one) => one.host),
      workspace,
    },
    programs: new Map(planned.map((one) => [one.host.name, one.program])),
    layOut: {
      trees: [...planned.flatMap((one) => one.trees), ...(spec.workspace ? [{ from: spec.workspace.tree, to: paths.workspace }] : [])],
      copies: planned.flatMap((one) => one.copies),
      files: [...planned.flatMap((one) => one.files), ...authorityFile(spec, paths)],
      folders: [
        ...spec.volumes.filter((name) => spec.keptVolumes?.[name] === undefined).map((name) => join(paths.volumes, name)),
        ...planned.flatMap((one) => one.folders),
      ],
      // Only a user of its own is kept from changing what others share.
      sharesInstalled: spec.ownUser !== undefined && ownUserOf(spec.ownUser) !== undefined,
      kept: Object.values(spec.keptVolumes ?? {}),
      data: planned.flatMap((one) => one.data),
    },
  };
}

function bookOf(spec: EnvironmentSpec, facts: HostFacts): AddressBook {
  const outside = Object.entries({ ...spec.extraHosts, ...Object.assign({}, ...spec.services.map((one) => one.extraHosts)) });
  return [
    ...Object.values(facts.addresses),
    ...(spec.neighbours ?? []),
    ...outside.map(([name, host]) => ({ names: [name], host: host === "host-gateway" ? "127.0.0.1" : String(host), ports: {} })),
  ];
}

interface Planning {
  readonly spec: EnvironmentSpec;
  readonly service: ServiceSpec;
  readonly facts: HostFacts;
  readonly book: AddressBook;
}

function planService({ spec, service, facts, book }: Planning) {
  const { paths } = facts;
  const own = join(paths.services, service.name);
  // Every service was given one before planning.
  const address = facts.addresses[service.name]!;
  const mounts = service.mounts.map((mount, index) => placeMount(mount, { paths, own, index, kept: spec.keptVolumes ?? {} }));
  const tree = service.program.kind === "build" ? { target: service.program.recipe.directory, source: join(own, "tree") } : undefined;
  const seen: SeenPaths = [...mounts.map(({ target, source }) => ({ target, source })), ...(tree ? [tree] : [])];
  const layout = service.program.kind === "image" ? imageLayout(service.program.image) : undefined;
  const mountedData = layout && seenPath(seen, layout.dataTarget);
  const runDirectory = runFolder(paths, { name: service.name, index: spec.services.indexOf(service) });
  const dataDirectory = layout && mountedData !== layout.dataTarget ? (mountedData ?? "") : join(own, "data");
  const realDefault = layout && address.ports[layout.defaultPort];
  const request: ProgramRequest = {
    service: { ...service, environment: rewriteEnvironment({ service, book, seen, address, spec, facts }) },
    machine: facts.machine,
    listen: { host: address.host, port: realDefault === layout?.defaultPort ? undefined : realDefault },
    dataDirectory,
    runDirectory,
    seen: (path) => seenPath(seen, path),
    disposable: spec.kind === "preview" || spec.kind === "job",
  };
  const program = resolveProgram(request);
  const rewritten = program.argv.map((word) => rewriteText(book, rewritePaths(seen, word)));
  const environment = { ...program.environment, ...ownVariables(facts, service.name) };
  const host: HostService = {
    name: service.name,
    describe: program.describe,
    dependsOn: service.dependsOn,
    restart: service.restart,
    held: facts.held.includes(service.name),
    // SIGTERM is what is written when nobody chose; an image may know better (PostgreSQL waits for its clients on it).
    stop: { ...service.stop, signal: service.stop.signal === "SIGTERM" ? program.stopSignal : service.stop.signal },
    health: healthOf(service.health ?? program.health, { address, book, seen, isSpec: service.health !== undefined }),
    argv: rewriteOwnPorts(rewritten, address),
    environment,
    directory: program.workingDirectory,
    seen,
    files: program.files,
    writableDirectories: program.writableDirectories.filter((folder) => folder.startsWith(paths.folder) || folder.startsWith(runDirectory)),
    address,
    ports: portsOf(service),
  };
  const image = facts.images[service.name];
  return {
    host,
    program,
    trees: tree && image ? [{ from: image.reference, to: tree.source }] : [],
    copies: mounts.flatMap((mount) =>
      mount.copyFrom === undefined ? [] : [{ ...mount, from: mount.copyFrom, to: mount.source, service: service.name }],
    ),
    files: mounts.flatMap((mount) => (mount.file ? [mount.file] : [])),
    folders: [own, runDirectory, ...mounts.flatMap((mount) => (mount.folder ? [mount.folder] : []))],
    data: program.data ? [{ request, plan: program }] : [],
  };
}

function placeMount(
  mount: MountSpec,
  at: { readonly paths: HostFolder; readonly own: string; readonly index: number; readonly kept: Readonly<Record<string, string>> },
) {
  const { target } = mount;
  // Programs tell files by the ends of their names.
  const place = join(at.own, "mounts", String(at.index), basename(target));
  const isConfiguration = target.startsWith("/etc/nginx");
  const nothing = { copyFrom: undefined, file: undefined, folder: undefined, isConfiguration };
  switch (mount.kind) {
    case "volume":
      return { ...nothing, target, source: at.kept[mount.volume] ?? join(at.paths.volumes, mount.volume) };
    case "tmpfs":
      return { ...nothing, target, source: place, folder: place };
    case "file":
      return { ...nothing, target, source: place, file: { path: place, content: mount.content, mode: mount.mode } };
    case "bind":
      // A file below a folder that only its owner may enter could not be read by the guest: it gets a copy.
      if (mount.readOnly || isConfiguration) return { ...nothing, target, source: place, copyFrom: mount.source };
      return { ...nothing, target, source: mount.source };
  }
}

function rewriteEnvironment(from: Planning & { readonly seen: SeenPaths; readonly address: ServiceAddress }): Record<string, string> {
  const { service, book, seen, address, spec, facts } = from;
  const recipe = service.program.kind === "build" ? service.program.recipe.environment : {};
  const all = { ...recipe, ...service.environment };
  const real = rewriteVariables(book, all);
  for (const [name, value] of Object.entries(real)) real[name] = rewritePaths(seen, value);
  const placement = placementOf(service);
  const [first] = Object.entries(address.ports).find(([, port]) => port !== undefined) ?? [];
  if (placement === "moves" && first !== undefined) {
    const asked = Number(all.PORT ?? first);
    real.PORT = String(address.ports[asked] ?? address.ports[Number(first)]);
  }
  const preload = loopbackVariables({ facts, book, own: address, nodeOptions: real.NODE_OPTIONS });
  return { ...real, ...(placement === "preloaded" ? preload : {}), ...authorityVariables(spec, facts.paths) };
}

/** The preload finds names by itself, so that hosts written in configuration files work too. */
function loopbackVariables(from: {
  readonly facts: HostFacts;
  readonly book: AddressBook;
  readonly own: { readonly host: string; readonly ports: Readonly<Record<number, number>> };
  readonly nodeOptions: string | undefined;
}): Record<string, string> {
  const preload = `--import "file://${from.facts.machine.standIns}/loopback-network.mjs"`;
  return {
    NODE_OPTIONS: from.nodeOptions === undefined ? preload : `${from.nodeOptions} ${preload}`,
    DOJANG_LOOPBACK: JSON.stringify({ host: from.own.host, ports: from.own.ports, others: from.book }),
  };
}

function ownVariables(facts: HostFacts, service: string): Record<string, string> {
  const mark = environmentMark(facts.paths);
  return { [mark.name]: mark.value, DOJANG_SERVICE: `${mark.value}/${service}` };
}

function planWorkspace(spec: EnvironmentSpec, facts: HostFacts, book: AddressBook): CommandPlace {
  const { paths, machine } = facts;
  const node = machine.programs.find((program) => program.family === "node" && program.origin === "dojang");
  const seen: SeenPaths = [{ target: spec.workspace?.mountAt ?? "/workspace", source: paths.workspace }];
  const service = commandService("workspace", { kind: "image", image: "workspace" });
  const base = languageEnvironment(
    { service, machine, listen: { host: "127.0.0.1" }, dataDirectory: paths.workspace, runDirectory: paths.workspace },
    paths.workspace,
    node,
  );
  const preload = loopbackVariables({ facts, book, own: { host: "127.0.0.1", ports: {} }, nodeOptions: undefined });
  return {
    directory: paths.workspace,
    seen,
    environment: { ...base, ...preload, ...ownVariables(facts, ""), ...authorityVariables(spec, paths) },
  };
}

function authorityPath(paths: HostFolder): string {
  return join(paths.folder, "authority.pem");
}

function authorityFile(spec: EnvironmentSpec, paths: HostFolder): PlannedFile[] {
  const pem = spec.certificateAuthorityPem;
  return pem === undefined ? [] : [{ path: authorityPath(paths), content: pem, mode: 0o644 }];
}

function authorityVariables(spec: EnvironmentSpec, paths: HostFolder): Record<string, string> {
  return spec.certificateAuthorityPem === undefined ? {} : { NODE_EXTRA_CA_CERTS: authorityPath(paths) };
}

function healthOf(
  health: HealthCheck | undefined,
  by: { readonly address: ServiceAddress; readonly book: AddressBook; readonly seen: SeenPaths; readonly isSpec: boolean },
): HealthCheck | undefined {
  if (health === undefined) return undefined;
  const { probe } = health;
  const text = (word: string) => rewriteText(by.book, rewritePaths(by.seen, rewriteLocalhost(by.address, word)));
  switch (probe.kind) {
    case "http":
    case "tcp":
      return { ...health, probe: { ...probe, port: by.isSpec ? (by.address.ports[probe.port] ?? probe.port) : probe.port } };
    case "shell":
      return { ...health, probe: { kind: "shell", command: text(probe.command) } };
    case "command": {
      // Rewritten as one line, for a flag and its value are two words; words hold no line ends.
      const words = text(probe.command.join("\n")).split("\n");
      return { ...health, probe: { kind: "command", command: words } };
    }
  }
}

/** `--port 8000`, `-p 8000`, `--bind 0.0.0.0:8000` in the command of a service that had to move. */
function rewriteOwnPorts(argv: readonly string[], address: ServiceAddress): readonly string[] {
  let line = argv.join("\0");
  for (const [asked, real] of Object.entries(address.ports)) {
    if (Number(asked) === real) continue;
    line = line.replaceAll(new RegExp(`((?:--port|-p|--bind|-b|--listen)[= \\0][^\\s\\0]*?|[\\w.*\\]]:)${asked}(?!\\d)`, "g"), `$1${real}`);
  }
  return line.split("\0");
}
