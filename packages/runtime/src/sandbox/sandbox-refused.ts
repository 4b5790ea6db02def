import { readFileSync } from "node:fs";
import { Problem } from "@dojang/model";

export const appArmorFix =
  "Ubuntu 23.10 and later keep unprivileged programs from making user namespaces: allow it for bwrap with a profile, " +
  "`printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\nprofile bwrap /usr/bin/bwrap flags=(unconfined) {\\n  userns,\\n}\\n' | sudo tee /etc/apparmor.d/bwrap && sudo apparmor_parser -r /etc/apparmor.d/bwrap`, " +
  "or for everything with `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`";

export const namespacesFix =
  "allow user namespaces: `sudo sysctl -w user.max_user_namespaces=28633` (and `kernel.unprivileged_userns_clone=1` where it exists); inside a container, run with `--runtime host`, or give the container `--security-opt seccomp=unconfined --security-opt apparmor=unconfined`";

export const bubblewrapFix = "install bubblewrap: `sudo apt-get install -y bubblewrap iproute2 iptables util-linux`";

export function appArmorRestricts(): boolean {
  try {
    return readFileSync("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "utf8").trim() === "1";
  } catch {
    return false;
  }
}

/**
 * Why the pod did not come up. The texts are those of bwrap 0.8 to 0.11 and of the shell:
 * "bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces",
 * "bwrap: setting up uid map: Permission denied", "bwrap: Creating new namespace failed: Operation not permitted",
 * "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", "sh: 1: bwrap: not found",
 * "bwrap: Can't find source path /x: Permission denied".
 */
export function sandboxRefused(said: string, ending: string): Problem {
  const detail = said === "" ? ending : said;
  const problem = (code: string, message: string, fix: string) =>
    new Problem({ code, exit: "infrastructure", message: `${message}: ${detail}`, fix });
  if (/bwrap: not found|setpriv: not found/.test(said))
    return problem("sandbox-missing-program", "a program the sandbox needs is not installed", bubblewrapFix);
  if (/Can't find source path.*Permission denied/.test(said)) {
    return problem(
      "home-unreachable",
      "the guests' user cannot reach the state folder",
      "set DOJANG_HOME to a folder whose parents everyone may enter (mode 755), such as /var/lib/dojang",
    );
  }
  if (/uid map|new namespace|RTM_NEWADDR|Operation not permitted/.test(said)) {
    return problem("namespaces-refused", "this machine does not permit namespaces", appArmorRestricts() ? appArmorFix : namespacesFix);
  }
  return problem("sandbox-failed", "the sandbox did not start", "run dojang doctor to see what this machine lacks");
}
