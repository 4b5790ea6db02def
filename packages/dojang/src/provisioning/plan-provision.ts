import { Problem } from "@dojang/model";
import { firewallAction, sshKeysOnlyAction } from "./access-actions.ts";
import { commandFile, dojangAction, installedFile } from "./dojang-action.ts";
import { accountHome, accountName, type LoginProof, nodePath, type ProvisionAction, type ProvisionRequest } from "./provision-action.ts";
import type { ProbeRequest, ServerFacts } from "./server-facts.ts";
import {
  accountAction,
  appArmorAction,
  journalAction,
  keysAction,
  namespaceSysctl,
  nodeAction,
  packagesAction,
  quietServicesAction,
  swapAction,
  sysctlAction,
  timeAction,
  unitAction,
  upgradesAction,
  wantedSysctl,
} from "./system-actions.ts";

export interface PlannedAction {
  readonly action: ProvisionAction;
  /** Why it has to wait; absent for what will be done. */
  readonly held?: string;
  readonly changes: readonly string[];
}

const supported = [
  ["ubuntu", "24.04"],
  ["debian", "12"],
] as const;

/** Pure: what is not as it should be, in the order in which it is put right. Nothing planned means that everything is. */
export function planProvision(facts: ServerFacts, request: ProvisionRequest, login: LoginProof): readonly PlannedAction[] {
  if (!supported.some(([os, version]) => facts.os === os && facts.version === version)) throw unsupported(facts);
  if (!facts.isRoot) throw notRoot();
  for (const key of request.authorizedKeys)
    if (!/^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\r\n]*)?$/.test(key.trim())) throw badKey(key);
  return actionsFor(facts, request)
    .filter((action) => action.applies(facts) && !action.isDone(facts))
    .map((action) => ({ action, held: action.held?.(facts, login), changes: action.changes(facts) }));
}

/** Everything there is, in order: what others stand on first, what could cut off the way in last. */
export function actionsFor(facts: ServerFacts, request: ProvisionRequest): readonly ProvisionAction[] {
  return [
    packagesAction,
    quietServicesAction,
    accountAction,
    keysAction(request),
    nodeAction(request),
    dojangAction(request),
    sysctlAction(facts),
    swapAction,
    appArmorAction,
    journalAction,
    timeAction,
    upgradesAction,
    unitAction(request),
    firewallAction(request, facts),
    sshKeysOnlyAction,
  ];
}

/** What has to be looked at for the plan. */
export const probeRequest: ProbeRequest = {
  account: accountName,
  nodePath,
  files: [
    `${accountHome}/.ssh/authorized_keys`,
    installedFile,
    commandFile,
    "/etc/sysctl.d/60-dojang.conf",
    "/etc/apparmor.d/bwrap",
    "/etc/systemd/journald.conf.d/60-dojang.conf",
    "/etc/apt/apt.conf.d/20auto-upgrades",
    "/etc/systemd/system/dojang.service",
    "/etc/nftables.d/dojang.nft",
    "/etc/ssh/sshd_config.d/10-dojang.conf",
  ],
  sysctl: [...Object.keys(wantedSysctl), ...Object.keys(namespaceSysctl), "kernel.apparmor_restrict_unprivileged_userns"],
  units: ["nginx.service", "redis-server.service", "dojang.service"],
};

/** For people, before anything is done: each change and why. */
export function describePlan(plan: readonly PlannedAction[]): string {
  if (plan.length === 0) return "everything is as it should be\n";
  return plan
    .map(({ action, held, changes }) =>
      [
        `${held === undefined ? "+" : "-"} ${action.id}: ${action.what}`,
        `    why: ${action.why}`,
        ...(held === undefined ? changes.map((line) => `    ${line}`) : [`    waits: ${held}`]),
        "",
      ].join("\n"),
    )
    .join("");
}

function unsupported({ os, version }: ServerFacts): Problem {
  return new Problem({
    code: "server-unsupported",
    exit: "configuration",
    message: `the server runs ${os} ${version}; provisioning knows Ubuntu 24.04 and Debian 12`,
    fix: "take one of them, or set the server up by hand: dojang doctor tells what is missing",
  });
}

function notRoot(): Problem {
  return new Problem({
    code: "server-not-root",
    exit: "configuration",
    message: "provisioning is not root on the server",
    fix: "log in as root, or as a user with sudo and no password for it",
  });
}

function badKey(key: string): Problem {
  return new Problem({
    code: "public-key-malformed",
    exit: "configuration",
    message: `${JSON.stringify(key.slice(0, 40))} is no public key of SSH`,
    fix: "give the line of a .pub file; never a private key",
  });
}
