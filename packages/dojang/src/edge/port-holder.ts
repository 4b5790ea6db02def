import { readdir, readFile, readlink } from "node:fs/promises";
import { createServer } from "node:net";
import { Problem } from "@dojang/model";
import type { Listener } from "./site-servers.ts";

/**
 * Throws a Problem that names who has a port, before nginx would fail on it. Ports that this process may not have are passed over:
 * nginx may have the right (`refusedPort` tells when it has not).
 */
export async function requireFreePorts(listeners: readonly Listener[], options: { readonly hasIpv6: boolean }): Promise<void> {
  for (const { address, port } of listeners) {
    for (const host of boundHosts(address, options.hasIpv6)) {
      if ((await bindError(host, port)) === "EADDRINUSE") throw await portTaken(host, port);
    }
  }
}

/** Throws a Problem for an address that is not this machine's. */
export async function requireOwnAddresses(listeners: readonly Listener[]): Promise<void> {
  for (const address of new Set(listeners.map((listener) => listener.address))) {
    if (address !== "*" && (await bindError(address, 0)) === "EADDRNOTAVAIL") throw addressForeign(address);
  }
}

/**
 * The Problem behind nginx's complaint that it may not have a port; undefined for any other complaint. It says
 * `bind() to 0.0.0.0:80 failed (13: Permission denied)` and `bind() to [::]:443 failed (13: Permission denied)`.
 */
export function refusedPort(complaint: string): Problem | undefined {
  const port = /bind\(\) to \S+:(\d+) failed \(13:/.exec(complaint)?.[1];
  return port === undefined ? undefined : portPrivileged(Number(port));
}

function boundHosts(address: string, hasIpv6: boolean): readonly string[] {
  return address === "*" ? ["0.0.0.0", ...(hasIpv6 ? ["::"] : [])] : [address];
}

function bindError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "unknown"));
    server.listen({ host, port, exclusive: true, ipv6Only: host === "::" }, () => server.close(() => resolve(undefined)));
  });
}

/** The process that listens on a port, as far as this user may see it. */
export async function portHolder(port: number): Promise<{ readonly pid: number; readonly name: string } | undefined> {
  const inodes = new Set([...(await listeningInodes("/proc/net/tcp", port)), ...(await listeningInodes("/proc/net/tcp6", port))]);
  if (inodes.size === 0) return undefined;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  for (const pid of pids) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
      if (inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? ""))
        return { pid, name: (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "unknown")).trim() };
    }
  }
  return undefined;
}

/** Lines of proc(5) net/tcp: number, local address:port in hexadecimal, remote, state (0A listens), ..., inode tenth. */
async function listeningInodes(table: string, port: number): Promise<readonly string[]> {
  const lines = (await readFile(table, "utf8").catch(() => "")).split("\n").slice(1);
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) && fields[3] === "0A")
    .map((fields) => fields[9] ?? "");
}

async function portTaken(host: string, port: number): Promise<Problem> {
  const holder = await portHolder(port);
  const who = holder === undefined ? "another process" : `${holder.name} (pid ${holder.pid})`;
  return new Problem({
    code: "edge-port-taken",
    message: `nginx cannot listen on ${host}:${port}: ${who} has the port`,
    fix:
      holder?.name === "nginx"
        ? "let that nginx serve the site too with `site.nginx: system`, or stop it, or choose other ports in `site.listen`"
        : "stop it, or choose other ports in `site.listen`",
    exit: "infrastructure",
  });
}

function portPrivileged(port: number): Problem {
  return new Problem({
    code: "edge-port-privileged",
    message: `nginx cannot listen on port ${port}: this user has no right to it`,
    fix: `allow it with \`sysctl -w net.ipv4.ip_unprivileged_port_start=${port}\` or \`setcap cap_net_bind_service=+ep\` on nginx, or start Dojang as root, or choose a higher port in \`site.listen\``,
    exit: "infrastructure",
  });
}

function addressForeign(address: string): Problem {
  return new Problem({
    code: "edge-address-foreign",
    message: `nginx cannot listen on ${address}: this machine has no such address`,
    fix: "write `*` or an address of this machine in `site.listen.address`",
    exit: "configuration",
  });
}
