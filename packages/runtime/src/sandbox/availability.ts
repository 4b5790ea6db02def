import { stat } from "node:fs/promises";
import { totalmem } from "node:os";
import type { Availability, AvailabilityCheck } from "../contract.ts";
import { makeFolders } from "../make-folders.ts";
import { runTool } from "./agent/run-tool.ts";
import { asGuest } from "./guest-user.ts";
import { findHostLimits } from "./host-groups.ts";
import { appArmorFix, appArmorRestricts, bubblewrapFix, namespacesFix } from "./sandbox-refused.ts";
import { isFiltered } from "./seccomp-filter.ts";

/** Tries what the sandbox needs, with a pod that does nothing. */
export async function sandboxAvailability(home: string): Promise<Availability> {
  if (process.platform !== "linux") return notLinux();
  const [programs, namespaces, reachable, limits] = await Promise.all([checkPrograms(), checkNamespaces(), checkHome(home), checkLimits()]);
  const checks = [programs, namespaces, reachable, limits, checkCalls(), checkMemory()];
  const ok = checks.every((check) => check.state !== "missing");
  const summary = ok
    ? `sandbox: namespaces, ${limits.seen}`
    : `sandbox: not available, ${checks.find((check) => check.state === "missing")?.seen}`;
  return { ok, summary, checks };
}

function notLinux(): Availability {
  const check: AvailabilityCheck = {
    name: "namespaces",
    state: "missing",
    seen: `this is ${process.platform}`,
    fix: "use --runtime host, or a Linux machine",
  };
  return { ok: false, summary: "sandbox: needs Linux", checks: [check] };
}

const needed = ["bwrap", "setpriv", "nsenter", "prlimit", "ip", "mount", "tar"];

async function checkPrograms(): Promise<AvailabilityCheck> {
  const { output } = await runTool([
    "sh",
    "-c",
    `for one in ${[...needed, "iptables"].join(" ")}; do command -v $one >/dev/null || echo $one; done`,
  ]);
  const lacking = output.split("\n").filter((one) => one !== "");
  if (lacking.length === 0) return { name: "programs", state: "ok", seen: "bubblewrap, iproute2, util-linux, iptables", fix: "" };
  const state = lacking.every((one) => one === "iptables") ? "degraded" : "missing";
  return { name: "programs", state, seen: `not installed: ${lacking.join(", ")}`, fix: bubblewrapFix };
}

// What a pod does: a bridge, a named network, an overlay of its own, a sandbox inside the sandbox.
const trial = `set -e
mount -t tmpfs tmpfs /run
ip link add br0 type bridge
ip netns add trial
nsenter --net=/run/netns/trial bwrap --unshare-user --unshare-pid --uid 1000 --gid 1000 --cap-drop ALL --ro-bind / / --proc /proc true`;

async function checkNamespaces(): Promise<AvailabilityCheck> {
  const system = [
    "--ro-bind",
    "/usr",
    "/usr",
    ...["bin", "sbin", "lib", "lib64"].flatMap((name) => ["--ro-bind-try", `/${name}`, `/${name}`]),
  ];
  const outer = ["bwrap", "--unshare-all", "--uid", "0", "--gid", "0", "--cap-add", "ALL", "--die-with-parent", ...system];
  const { exitCode, output } = await runTool(
    asGuest([...outer, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/run", "sh", "-c", trial]),
  );
  if (exitCode === 0)
    return { name: "namespaces", state: "ok", seen: "user, network, process, mount, with a sandbox inside a sandbox", fix: "" };
  return {
    name: "namespaces",
    state: "missing",
    seen: `refused: ${output.trim().split("\n").at(-1)}`,
    fix: appArmorRestricts() ? appArmorFix : namespacesFix,
  };
}

async function checkHome(home: string): Promise<AvailabilityCheck> {
  const made = await makeFolders(home, 0o755).then(
    () => true,
    () => false,
  );
  const reached = made && (await runTool(asGuest(["test", "-x", home]))).exitCode === 0;
  if (reached) return { name: "state folder", state: "ok", seen: `${home} can be reached by guests`, fix: "" };
  const mode = await stat(home).then(
    (found) => `mode ${(found.mode & 0o777).toString(8)}`,
    () => "not there",
  );
  return {
    name: "state folder",
    state: "missing",
    seen: `${home} cannot be reached by the guests' user (${mode})`,
    fix: "set DOJANG_HOME to a folder whose parents everyone may enter (mode 755), such as /var/lib/dojang",
  };
}

async function checkLimits(): Promise<AvailabilityCheck> {
  const { level } = await findHostLimits();
  if (level !== "watchdog") return { name: "limits", state: "ok", seen: `${level} limits`, fix: "" };
  return {
    name: "limits",
    state: "degraded",
    seen: "limits by watching",
    fix: "run Dojang where a control group is delegated to it: `systemd-run --user --scope -p Delegate=yes dojang ...`, or as root",
  };
}

function checkCalls(): AvailabilityCheck {
  if (isFiltered(process.arch)) return { name: "system calls", state: "ok", seen: "filtered", fix: "" };
  return {
    name: "system calls",
    state: "degraded",
    seen: `not filtered on ${process.arch}`,
    fix: "use a machine with x64 or arm64 for code that is not trusted",
  };
}

const leastMemoryBytes = 1024 ** 3;

function checkMemory(): AvailabilityCheck {
  const bytes = totalmem();
  const seen = `${Math.round(bytes / 1024 ** 2)} MiB`;
  if (bytes >= leastMemoryBytes) return { name: "memory", state: "ok", seen, fix: "" };
  return { name: "memory", state: "degraded", seen, fix: "an environment with PostgreSQL, Redis and two services wants 1 GiB" };
}
