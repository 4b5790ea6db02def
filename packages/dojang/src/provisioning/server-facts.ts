import { Problem } from "@dojang/model";
import type { Server } from "./server-run.ts";

/** A server as it is, as far as provisioning looks at it. */
export interface ServerFacts {
  readonly os: string;
  readonly version: string;
  /** As `uname -m` says: x86_64, aarch64. */
  readonly architecture: string;
  readonly isRoot: boolean;
  /** Whether systemd runs; without it units are written and not started. */
  readonly systemd: boolean;
  readonly memoryBytes: number;
  readonly swapBytes: number;
  readonly packages: readonly string[];
  /** `user:home:shell` of the account, when there is one. */
  readonly account?: { readonly home: string; readonly shell: string };
  /** Content by path, of the files that provisioning writes; those that are not there are absent. */
  readonly files: Readonly<Record<string, string>>;
  readonly nodeVersion?: string;
  /** By name; those the kernel has not got are absent. */
  readonly sysctl: Readonly<Record<string, string>>;
  readonly sshd?: { readonly ports: readonly number[]; readonly passwords: boolean };
  readonly firewall: { readonly ufw: boolean; readonly nft: boolean };
  /** Answer of `systemctl is-enabled` by unit, where systemd runs. */
  readonly units: Readonly<Record<string, string>>;
  readonly timeSynchronized: boolean;
}

export interface ProbeRequest {
  readonly files: readonly string[];
  readonly sysctl: readonly string[];
  readonly units: readonly string[];
  readonly account: string;
  readonly nodePath: string;
}

/** Changes nothing. Problem `server-unsupported` for a system it does not know. */
export async function probeServer(server: Server, request: ProbeRequest, signal: AbortSignal): Promise<ServerFacts> {
  const answer = await server.run({ script: probeScript(request), signal, timeoutMs: 60_000 });
  if (answer.exitCode !== 0) {
    throw new Problem({
      code: "server-unreadable",
      exit: "infrastructure",
      message: `${server.name} could not be looked at: ${answer.stderr.trim().slice(-500) || `its shell ended with ${answer.exitCode}`}`,
      fix: "provisioning needs a POSIX shell and root",
    });
  }
  return parseFacts(answer.stdout);
}

/** One line a fact: `name=value`, values of more than a word in base64. */
export function probeScript(request: ProbeRequest): string {
  const each = (items: readonly string[], command: (item: string) => string) => items.map(command).join("\n");
  return `export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
. /etc/os-release
echo "os=$ID"; echo "version=$VERSION_ID"; echo "architecture=$(uname -m)"; echo "uid=$(id -u)"
test -d /run/systemd/system && echo systemd=yes
awk '/^MemTotal:/{print "memory="$2} /^SwapTotal:/{print "swap="$2}' /proc/meminfo
dpkg-query -W -f 'package=\${Package} \${db:Status-Status}\\n' 2>/dev/null | sed -n 's/ installed$//p'
getent passwd ${request.account} | awk -F: '{print "account="$6" "$7}'
${each(request.files, (path) => `test -f ${path} && echo "file=${path} $(base64 -w0 < ${path})"`)}
test -x ${request.nodePath} && echo "node=$(${request.nodePath} --version)"
${each(request.sysctl, (name) => `test -r /proc/sys/${name.replaceAll(".", "/")} && echo "sysctl=${name} $(cat /proc/sys/${name.replaceAll(".", "/")})"`)}
if command -v sshd >/dev/null; then mkdir -p /run/sshd; sshd -T 2>/dev/null | sed -n 's/^port /sshport=/p; s/^passwordauthentication /sshpasswords=/p'; fi
command -v ufw >/dev/null && ufw status 2>/dev/null | grep -q '^Status: active' && echo ufw=active
command -v nft >/dev/null && nft list table inet dojang >/dev/null 2>&1 && echo nft=active
if test -d /run/systemd/system; then
${each(request.units, (unit) => `echo "unit=${unit} $(systemctl is-enabled ${unit} 2>/dev/null)"`)}
timedatectl show -p NTP --value 2>/dev/null | grep -q yes && echo time=yes
systemctl is-active --quiet chrony ntpsec ntp 2>/dev/null && echo time=yes
fi
true
`;
}

export function parseFacts(text: string): ServerFacts {
  const lines = text.split("\n").flatMap((line) => {
    const sign = line.indexOf("=");
    return sign < 0 ? [] : [{ name: line.slice(0, sign), value: line.slice(sign + 1) }];
  });
  const all = (name: string) => lines.flatMap((line) => (line.name === name ? [line.value] : []));
  const one = (name: string) => all(name)[0];
  const pairs = (name: string) =>
    all(name).map((value): [string, string] => [value.split(" ")[0] ?? "", value.slice(value.indexOf(" ") + 1)]);
  const [home, shell] = one("account")?.split(" ") ?? [];
  const passwords = one("sshpasswords");
  return {
    os: one("os") ?? "unknown",
    version: (one("version") ?? "").replaceAll('"', ""),
    architecture: one("architecture") ?? "unknown",
    isRoot: one("uid") === "0",
    systemd: one("systemd") === "yes",
    memoryBytes: Number(one("memory") ?? 0) * 1024,
    swapBytes: Number(one("swap") ?? 0) * 1024,
    packages: all("package"),
    account: home === undefined ? undefined : { home, shell: shell ?? "" },
    files: Object.fromEntries(pairs("file").map(([path, content]) => [path, Buffer.from(content, "base64").toString("utf8")])),
    nodeVersion: one("node")?.replace(/^v/, ""),
    sysctl: Object.fromEntries(pairs("sysctl").map(([name, value]) => [name, value.trim()])),
    sshd: passwords === undefined ? undefined : { ports: all("sshport").map(Number), passwords: passwords === "yes" },
    firewall: { ufw: one("ufw") === "active", nft: one("nft") === "active" },
    units: Object.fromEntries(pairs("unit")),
    timeSynchronized: one("time") === "yes",
  };
}
