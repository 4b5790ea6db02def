import {
  accountHome,
  accountName,
  fileAction,
  nodePath,
  type ProvisionAction,
  type ProvisionRequest,
  withSystemd,
} from "./provision-action.ts";
import type { ServerFacts } from "./server-facts.ts";

const everywhere = [
  "nginx",
  "bubblewrap",
  "redis-server",
  "iptables",
  "iproute2",
  "util-linux",
  "tar",
  "git",
  "curl",
  "openssl",
  "ca-certificates",
  "unattended-upgrades",
];

/** Of Ubuntu the firewall that its people know; on Debian what is there already. */
export function neededPackages(facts: ServerFacts): readonly string[] {
  return [...everywhere, usesUfw(facts) ? "ufw" : "nftables", ...(facts.systemd && !hasTimeService(facts) ? ["systemd-timesyncd"] : [])];
}

export function usesUfw(facts: ServerFacts): boolean {
  return facts.os === "ubuntu" || facts.packages.includes("ufw");
}

function hasTimeService({ packages }: ServerFacts): boolean {
  return ["chrony", "ntpsec", "systemd-timesyncd"].some((name) => packages.includes(name));
}

export const packagesAction: ProvisionAction = {
  id: "packages",
  what: "programs that Dojang stands on",
  why: "nginx is the edge, bubblewrap makes the sandbox, Redis plays images of that name; the rest builds networks and fetches",
  applies: () => true,
  isDone: (facts) => missing(facts).length === 0,
  changes: (facts) => [`apt-get install ${missing(facts).join(" ")}`],
  // Services of a package would take the ports of Dojang's own at once: they are told not to start.
  script: (facts) => `set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
guard=/usr/sbin/policy-rc.d
if ! test -e $guard; then printf '#!/bin/sh\\nexit 101\\n' > $guard; chmod 755 $guard; trap 'rm -f '$guard EXIT; fi
apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-confold ${missing(facts).join(" ")}`,
};

function missing(facts: ServerFacts): readonly string[] {
  return neededPackages(facts).filter((name) => !facts.packages.includes(name));
}

const quietUnits = ["nginx.service", "redis-server.service"];

export const quietServicesAction: ProvisionAction = {
  id: "services-off",
  what: "the packages' own nginx and Redis do not run",
  why: "Dojang starts its own: nginx on 80 and 443 with its certificates, Redis for each environment",
  applies: (facts) => facts.systemd,
  isDone: (facts) => noisy(facts).length === 0,
  changes: (facts) => noisy(facts).map((unit) => `systemctl disable --now ${unit}`),
  script: (facts) => `systemctl disable --now ${noisy(facts).join(" ")}`,
};

function noisy(facts: ServerFacts): readonly string[] {
  return quietUnits.filter((unit) => facts.units[unit] === "enabled");
}

export const accountAction: ProvisionAction = {
  id: "account",
  what: `the account ${accountName} with ${accountHome}`,
  why: "Dojang runs as a user of its own: it needs no root, and a mistake of it breaks nothing else",
  applies: () => true,
  isDone: (facts) => facts.account?.home === accountHome,
  changes: (facts) => [
    facts.account === undefined ? `useradd ${accountName}, no password, home ${accountHome}` : `its home is ${facts.account.home}`,
  ],
  script: (facts) =>
    facts.account === undefined
      ? `set -e
if test -e ${accountHome}; then
  echo "${accountHome} is there already and belongs to $(stat -c %U ${accountHome}): Dojang was run here by that user. Move it away (mv ${accountHome} ${accountHome}-before), and name it with DOJANG_HOME to go on using it" >&2
  exit 1
fi
useradd --system --create-home --home-dir ${accountHome} --shell /bin/bash --user-group ${accountName}
passwd -l ${accountName} >/dev/null
chmod 0711 ${accountHome}`
      : `echo "the account ${accountName} exists with another home, ${facts.account.home}: rename or remove it" >&2; exit 1`,
};

export function keysAction({ authorizedKeys }: ProvisionRequest): ProvisionAction {
  const path = `${accountHome}/.ssh/authorized_keys`;
  const own = (facts: ServerFacts) => (facts.files[path] ?? "").split("\n").map((line) => line.trim());
  const lacking = (facts: ServerFacts) => authorizedKeys.filter((key) => !own(facts).includes(key.trim()));
  return {
    id: "keys",
    what: `keys that may log in as ${accountName}`,
    why: "people come in by key; a password that is tried a million times is found",
    applies: () => authorizedKeys.length > 0,
    isDone: (facts) => lacking(facts).length === 0,
    changes: (facts) => lacking(facts).map((key) => `adds ${key.split(" ").at(-1)} to ${path}`),
    script: (facts) => `set -e
install -d -o ${accountName} -g ${accountName} -m 0700 ${accountHome}/.ssh
printf %s '${Buffer.from(`${lacking(facts).join("\n")}\n`).toString("base64")}' | base64 -d >> ${path}
chown ${accountName}:${accountName} ${path}
chmod 0600 ${path}`,
  };
}

const architectures: Readonly<Record<string, string>> = { x86_64: "x64", aarch64: "arm64" };

export function nodeAction({ node }: ProvisionRequest): ProvisionAction {
  const version = node.version.replace(/^v/, "");
  const folder = nodePath.slice(0, nodePath.lastIndexOf("/"));
  return {
    id: "node",
    what: `Node ${version} in ${folder}`,
    why: "Dojang runs on this version; the system's is older, and may be changed by anybody's upgrade",
    applies: () => true,
    isDone: (facts) => facts.nodeVersion === version,
    changes: (facts) => [`copies ${node.file} of this machine${facts.nodeVersion === undefined ? "" : ` over ${facts.nodeVersion}`}`],
    held: (facts) => {
      const theirs = architectures[facts.architecture] ?? facts.architecture;
      return theirs === node.architecture
        ? undefined
        : `this machine's Node is of ${node.architecture}, the server is ${theirs}: run provisioning from such a machine`;
    },
    inputFile: node.file,
    script: () => `set -e
mkdir -p ${folder}
cat > ${nodePath}.new
chmod 0755 ${nodePath}.new
${nodePath}.new --version
mv ${nodePath}.new ${nodePath}`,
  };
}

export const wantedSysctl: Readonly<Record<string, string>> = {
  "net.core.somaxconn": "4096",
  "fs.inotify.max_user_instances": "1024",
  "fs.inotify.max_user_watches": "524288",
  "vm.overcommit_memory": "1",
  "vm.swappiness": "10",
};
/** Only where the kernel has them, and refuses namespaces with the value it has. */
export const namespaceSysctl: Readonly<Record<string, string>> = {
  "kernel.unprivileged_userns_clone": "1",
  "user.max_user_namespaces": "28633",
};

export function sysctlAction(facts: ServerFacts): ProvisionAction {
  const path = "/etc/sysctl.d/60-dojang.conf";
  const written = facts.files[path] ?? "";
  const needed = Object.entries(namespaceSysctl).filter(([name, value]) => {
    const now = facts.sysctl[name];
    return now !== undefined && (Number(now) < (name.startsWith("user.") ? 1_000 : Number(value)) || written.includes(name));
  });
  const all = [...Object.entries(wantedSysctl), ...needed];
  const content = `# Written by Dojang. Redis wants overcommit, dev servers watch many files, the sandbox makes user namespaces.\n${all.map(([name, value]) => `${name} = ${value}`).join("\n")}\n`;
  return fileAction({
    ...{ id: "sysctl", path, content },
    what: "limits of the kernel",
    why: "queues of connections and watches of files are small by default; Redis cannot save without overcommit when memory is half full",
    after: `sysctl -q -p ${path} || test ! -d /run/systemd/system`,
    // In a container the kernel's values are the host's.
    alsoDone: (now) => !now.systemd || all.every(([name, value]) => now.sysctl[name] === undefined || now.sysctl[name] === value),
  });
}

const smallMemoryBytes = 6 * 1024 ** 3;

export const swapAction: ProvisionAction = {
  id: "swap",
  what: "2 GB of swap",
  why: "on 4 GB a build beside a live site can need more for a moment; without swap the system ends a process then",
  applies: (facts) => facts.systemd && facts.memoryBytes > 0 && facts.memoryBytes < smallMemoryBytes,
  isDone: (facts) => facts.swapBytes > 0,
  changes: () => ["makes /swapfile of 2 GB, and a line for it in /etc/fstab"],
  script: () => `set -e
test -e /swapfile || { fallocate -l 2G /swapfile.dojang-new || dd if=/dev/zero of=/swapfile.dojang-new bs=1M count=2048 status=none; chmod 0600 /swapfile.dojang-new; mkswap -q /swapfile.dojang-new; mv /swapfile.dojang-new /swapfile; }
swapon /swapfile
grep -q '^/swapfile ' /etc/fstab || echo '/swapfile none swap sw 0 0' >> /etc/fstab`,
};

/** As the doctor looks for it, and as Ubuntu's own profiles are written. */
export const appArmorAction = fileAction({
  id: "apparmor",
  path: "/etc/apparmor.d/bwrap",
  content: "abi <abi/4.0>,\ninclude <tunables/global>\nprofile bwrap /usr/bin/bwrap flags=(unconfined) {\n  userns,\n}\n",
  what: "AppArmor lets bubblewrap make user namespaces",
  why: "Ubuntu 24.04 forbids them to programs without a profile, and the sandbox is made of them; all other programs stay forbidden",
  after: "apparmor_parser -r /etc/apparmor.d/bwrap",
  applies: (facts) => facts.sysctl["kernel.apparmor_restrict_unprivileged_userns"] === "1",
});

export const journalAction = fileAction({
  id: "journal",
  path: "/etc/systemd/journald.conf.d/60-dojang.conf",
  content: "# Written by Dojang.\n[Journal]\nSystemMaxUse=500M\nMaxRetentionSec=1month\n",
  what: "the system's journal has a limit",
  why: "it takes a tenth of the disk otherwise, and a full disk stops databases",
  after: withSystemd("systemctl restart systemd-journald"),
});

export const timeAction: ProvisionAction = {
  id: "time",
  what: "the clock is kept right",
  why: "certificates, tokens and backups to a second stand on it",
  applies: (facts) => facts.systemd,
  isDone: (facts) => facts.timeSynchronized,
  changes: () => ["timedatectl set-ntp true"],
  script: () => "timedatectl set-ntp true",
};

export const upgradesAction = fileAction({
  id: "upgrades",
  path: "/etc/apt/apt.conf.d/20auto-upgrades",
  content: 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\nAPT::Periodic::AutocleanInterval "7";\n',
  what: "security updates install themselves",
  why: "holes that are known are tried by machines within days; the machine is not rebooted by it",
});

/**
 * What hardening may be here: the sandbox makes namespaces and mounts /proc in them, which the kernel refuses where parts of the outer
 * /proc are covered (ProtectKernelTunables, ProtectProc, ProtectControlGroups), and filters of system calls imply NoNewPrivileges,
 * which keeps AppArmor from changing bwrap's profile. Live services are no children that may end with it: KillMode is `process`.
 */
export function unitAction({ serve }: ProvisionRequest): ProvisionAction {
  const needed = serve.filter((word) => word.startsWith("/"));
  const content = `# Written by Dojang.
[Unit]
Description=Dojang
Wants=network-online.target
After=network-online.target
${needed.map((path) => `ConditionPathExists=${path}`).join("\n")}

[Service]
User=${accountName}
Group=${accountName}
WorkingDirectory=${accountHome}
Environment=DOJANG_HOME=${accountHome}/home PATH=${nodePath.slice(0, nodePath.lastIndexOf("/"))}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ExecStart=${serve.join(" ")}
Restart=always
RestartSec=2
TimeoutStopSec=60
# Sites live on when Dojang is restarted or updated.
KillMode=process
Delegate=yes
OOMPolicy=continue
AmbientCapabilities=CAP_NET_BIND_SERVICE
ProtectSystem=full
ProtectHome=yes
UMask=0022
LimitNOFILE=65536
TasksMax=16384

[Install]
WantedBy=multi-user.target
`;
  return fileAction({
    ...{ id: "unit", content },
    path: "/etc/systemd/system/dojang.service",
    what: "dojang.service runs `dojang serve`",
    why: "it comes back after a crash and after a restart of the machine",
    after: withSystemd("systemctl daemon-reload\nsystemctl enable dojang.service\nsystemctl restart dojang.service"),
    alsoDone: (facts) => !facts.systemd || facts.units["dojang.service"] === "enabled",
  });
}
