import { readdir, readFile } from "node:fs/promises";
import type { AvailabilityCheck } from "../contract.ts";
import { runTool } from "../sandbox/agent/run-tool.ts";
import { asGuest } from "../sandbox/guest-user.ts";
import { findHierarchies, levelOf } from "../sandbox/host-groups.ts";
import { appArmorFix, appArmorRestricts, bubblewrapFix, namespacesFix } from "../sandbox/sandbox-refused.ts";

/** What the sandbox stands on, each piece tried by itself as the guests' user, so that the first that fails is seen. */
export async function namespaceChecks(): Promise<readonly AvailabilityCheck[]> {
  const [user, network, overlay, apparmor, bubblewrap, tools, groups] = await Promise.all([
    tryAsGuest("user namespaces", ["unshare", "-Ur", "true"], "an unprivileged user may make them"),
    tryAsGuest(
      "network namespaces",
      ["unshare", "-Urn", "sh", "-c", "ip link set lo up"],
      "made inside a user namespace, loopback brought up",
    ),
    checkOverlay(),
    checkAppArmor(),
    checkBubblewrap(),
    checkTools(),
    checkControlGroups(),
  ]);
  return [user, network, overlay, apparmor, bubblewrap, tools, groups];
}

async function tryAsGuest(name: string, command: readonly string[], seen: string): Promise<AvailabilityCheck> {
  const { exitCode, output } = await runTool(asGuest(command));
  if (exitCode === 0) return { name, state: "ok", seen, fix: "" };
  const fix = exitCode === 127 ? bubblewrapFix : appArmorRestricts() ? appArmorFix : namespacesFix;
  return { name, state: "missing", seen: `refused: ${lastLine(output)}`, fix };
}

const overlayTrial = `set -e
mount -t tmpfs tmpfs /mnt
mkdir /mnt/lower /mnt/upper /mnt/work /mnt/merged
mount -t overlay overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work,userxattr /mnt/merged`;

async function checkOverlay(): Promise<AvailabilityCheck> {
  const { exitCode, output } = await runTool(asGuest(["unshare", "-Urm", "sh", "-c", overlayTrial]));
  const name = "overlay in user namespaces";
  if (exitCode === 0) return { name, state: "ok", seen: "works", fix: "" };
  const fix = "Linux 5.11 or later has it (Debian 12, Ubuntu 22.04 and later); `sudo modprobe overlay` where the module is not loaded";
  return { name, state: "degraded", seen: `refused: ${lastLine(output)}`, fix };
}

async function checkAppArmor(): Promise<AvailabilityCheck> {
  const name = "AppArmor";
  if (!appArmorRestricts()) return { name, state: "ok", seen: "does not restrict user namespaces", fix: "" };
  const profiles = await readdir("/etc/apparmor.d").catch(() => []);
  const texts = await Promise.all(
    profiles.filter((one) => one.includes("bwrap")).map((one) => readFile(`/etc/apparmor.d/${one}`, "utf8").catch(() => "")),
  );
  const allows = texts.some((text) => /\/bwrap\b/.test(text) && /^\s*userns,/m.test(text));
  if (allows) return { name, state: "ok", seen: "restricts user namespaces, with a profile that lets bwrap make them", fix: "" };
  return {
    name,
    state: "degraded",
    seen: "kernel.apparmor_restrict_unprivileged_userns is 1, and no profile lets bwrap make them",
    fix: appArmorFix,
  };
}

const leastBubblewrap = [0, 5] as const;

async function checkBubblewrap(): Promise<AvailabilityCheck> {
  const { exitCode, output } = await runTool(["bwrap", "--version"]);
  const version = /(\d+)\.(\d+)(\.\d+)?/.exec(output);
  if (exitCode !== 0 || version === null) return { name: "bubblewrap", state: "missing", seen: "not installed", fix: bubblewrapFix };
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const isOld = major === leastBubblewrap[0] && minor < leastBubblewrap[1];
  if (isOld)
    return { name: "bubblewrap", state: "missing", seen: `${version[0]}, needed is ${leastBubblewrap.join(".")}`, fix: bubblewrapFix };
  return { name: "bubblewrap", state: "ok", seen: version[0], fix: "" };
}

const needed = ["setpriv", "nsenter", "unshare", "prlimit", "ip", "mount", "tar"];

async function checkTools(): Promise<AvailabilityCheck> {
  const name = "setpriv, nsenter, ip, iptables";
  const { output } = await runTool([
    "sh",
    "-c",
    'for one; do command -v "$one" >/dev/null || echo "$one"; done',
    "sh",
    ...needed,
    "iptables",
  ]);
  const lacking = output.split("\n").filter((one) => one !== "");
  if (lacking.length === 0) return { name, state: "ok", seen: "installed", fix: "" };
  const onlyFaults = lacking.every((one) => one === "iptables");
  const seen = `not installed: ${lacking.join(", ")}${onlyFaults ? " (drills cannot cut links)" : ""}`;
  return { name, state: onlyFaults ? "degraded" : "missing", seen, fix: bubblewrapFix };
}

async function checkControlGroups(): Promise<AvailabilityCheck> {
  const name = "control groups";
  const mounts = await readFile("/proc/self/mounts", "utf8").catch(() => "");
  const versions = [/ cgroup2 /.test(mounts) ? "v2" : undefined, / cgroup /.test(mounts) ? "v1" : undefined].filter(
    (one) => one !== undefined,
  );
  const level = levelOf(await findHierarchies());
  const there = versions.length === 0 ? "none mounted" : versions.join(" and ");
  if (level !== "watchdog") return { name, state: "ok", seen: `${there}; limits by ${level}`, fix: "" };
  const systemd = await readdir("/run/systemd/system").then(
    () => true,
    () => false,
  );
  const delegate = "start Dojang with a group delegated to it: `systemd-run --user --scope -p Delegate=yes dojang ...`";
  const fix = systemd
    ? delegate
    : "run Dojang as root, or have the container's engine delegate a control group (`--cgroupns=private` with v2)";
  return { name, state: "degraded", seen: `${there}, none that Dojang may divide; memory is limited by watching`, fix };
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1) ?? "";
}
