import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { overlayFolder, placeHolding, rootOf, scratchFolder } from "./member-root.ts";
import { networkNamespace } from "./pod-network.ts";
import { agentPlaces, type PodMember } from "./pod-plan.ts";

/**
 * The command line that puts a process inside a member. The arguments go through a file, so that neither variables nor
 * secrets show in any list of processes, and the environment of the wrapper is fixed: a guest's LD_PRELOAD must not
 * reach bwrap. A process that joins a running service enters its user and process namespaces; another gets new ones,
 * which end with it.
 */
export interface MemberProcess {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Process id of the first process of a running service, as the agent sees it. */
  readonly join?: number;
  /** Descriptor on which bwrap says which process is the first inside. */
  readonly infoDescriptor?: number;
  /** Control groups to enter. */
  readonly groups: readonly string[];
  readonly limits: { readonly pids?: number; readonly fileBytes?: number };
}

export interface WrappedCommand {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Once the process has begun or ended. */
  release(): Promise<void>;
}

const toolEnvironment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };

// When the environment as a whole has taken all it may, the kernel ends a process of a member, and not the agent, with which all would end.
// $1: the arguments' file, $2: the network, $3: groups, $4: process to join, $5 and $6: limits. The rest is the command.
const script = `set -e
args=$1 net=$2 groups=$3 join=$4 pids=$5 bytes=$6
shift 6
for group in $groups; do echo 0 > "$group/cgroup.procs"; done
{ echo 500 > /proc/self/oom_score_adj; } 2>/dev/null || :
exec 8<"$args" 9<${agentPlaces.seccomp}
[ -z "$join" ] || exec 6<"/proc/$join/ns/user" 7<"/proc/$join/ns/pid"
exec prlimit --core=0 \${pids:+--nproc="$pids"} \${bytes:+--fsize="$bytes"} nsenter "--net=$net" bwrap --args 8 -- "$@"`;

export async function wrapCommand(member: PodMember, process: MemberProcess): Promise<WrappedCommand> {
  const file = join(agentPlaces.args, randomUUID());
  await writeFile(file, sandboxArguments(member, process).join("\0").concat("\0"), { mode: 0o600 });
  return {
    argv: [
      "/bin/sh",
      "-c",
      script,
      "enter",
      file,
      networkNamespace(member),
      process.groups.join(" "),
      process.join === undefined ? "" : String(process.join),
      process.limits.pids === undefined ? "" : String(process.limits.pids),
      process.limits.fileBytes === undefined ? "" : String(process.limits.fileBytes),
      ...process.argv,
    ],
    environment: toolEnvironment,
    release: () => rm(file, { force: true }),
  };
}

/** Pure: what bwrap is told. */
export function sandboxArguments(
  member: PodMember,
  process: Pick<MemberProcess, "environment" | "directory" | "join" | "infoDescriptor">,
): string[] {
  const namespaces = process.join === undefined ? ["--unshare-user", "--unshare-pid"] : ["--userns", "6", "--pidns", "7"];
  return [
    ...namespaces,
    ...["--unshare-ipc", "--unshare-uts", "--hostname", hostname(member.name)],
    ...["--uid", String(member.uid), "--gid", String(member.gid), "--cap-drop", "ALL"],
    ...(process.infoDescriptor === undefined ? [] : ["--info-fd", String(process.infoDescriptor)]),
    ...["--die-with-parent", "--new-session", "--seccomp", "9"],
    ...["--ro-bind", rootOf(member), "/"],
    ...member.shown.flatMap(({ from, path }) => ["--ro-bind", from, path]),
    ...deviceArguments,
    ...["--proc", "/proc"],
    ...member.scratch.flatMap(({ path }) => ["--bind", scratchFolder(member, path), path]),
    ...(member.overlay ? [member.overlay.readOnly ? "--ro-bind" : "--bind", overlayFolder(member), member.overlay.path] : []),
    ...outerMounts(member),
    "--clearenv",
    ...Object.entries(process.environment).flatMap(([name, value]) => ["--setenv", name, value]),
    ...["--chdir", process.directory],
  ];
}

/** Not bwrap's own --dev: it would hide the user namespace that an exec has to join, and guests need no terminals. */
export const deviceNodes = ["null", "zero", "full", "random", "urandom", "tty"];

const deviceArguments = deviceNodes.flatMap((name) => ["--dev-bind", `/dev/${name}`, `/dev/${name}`]);

/** Mounts inside writable places were made by the agent and come along with them. */
function outerMounts(member: PodMember): string[] {
  return [...member.mounts]
    .sort((a, b) => a.path.length - b.path.length)
    .filter((mount) => placeHolding(member, mount.path) === undefined)
    .flatMap((mount) => [mount.readOnly ? "--ro-bind" : "--bind", mount.from, mount.path]);
}

function hostname(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9-]/g, "-").slice(0, 63);
}
