import { lookup } from "node:dns/promises";
import { Problem } from "@dojang/model";
import type { LoadTarget } from "./load-plan.ts";

export interface TargetOptions {
  readonly socketPath?: string;
  readonly http2?: boolean;
  readonly insecure?: boolean;
  readonly authorityPem?: string;
  /** Hosts that may be aimed at beside loopback: names as written in the URL, of an environment or by `--allow-host`. */
  readonly allowedHosts?: readonly string[];
}

/** Reads a URL and refuses what nobody allowed: traffic without limit at a stranger's server is an attack. */
export async function parseTarget(text: string, options: TargetOptions = {}): Promise<{ readonly target: LoadTarget; readonly url: URL }> {
  const url = readUrl(text);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (options.socketPath === undefined) {
    const fix = (name: string) => `aim at a copy of the system, or, when ${name} is yours and may be loaded, add --allow-host ${name}`;
    await requireAllowedHost(host, { allowedHosts: options.allowedHosts ?? [], fix });
  }
  const scheme = url.protocol === "https:" ? "https" : "http";
  const target: LoadTarget = {
    scheme,
    host,
    port: url.port === "" ? (scheme === "https" ? 443 : 80) : Number(url.port),
    protocol: options.http2 ? "h2" : "http/1.1",
    ...(options.socketPath === undefined ? {} : { socketPath: options.socketPath }),
    ...(scheme === "http"
      ? {}
      : { tls: { verify: !options.insecure, ...(options.authorityPem === undefined ? {} : { authorityPem: options.authorityPem }) } }),
  };
  return { target, url };
}

function readUrl(text: string): URL {
  const url = URL.parse(/^[a-z][a-z+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "") return url;
  throw new Problem({
    code: "load-target",
    message: `the target ${JSON.stringify(text)} is no http or https URL`,
    fix: "write it like http://127.0.0.1:8000/",
    exit: "configuration",
  });
}

/** This machine, or a host that was named. */
export async function requireAllowedHost(
  host: string,
  { allowedHosts, fix }: { readonly allowedHosts: readonly string[]; readonly fix: (host: string) => string },
): Promise<void> {
  if (allowedHosts.includes(host)) return;
  const addresses = await lookup(host, { all: true }).catch((cause: unknown) => {
    throw new Problem({
      code: "load-target-unknown",
      message: `the host ${host} was not found`,
      fix: "check the name, or the name server of this machine",
      exit: "infrastructure",
      cause,
    });
  });
  const outside = addresses.find(({ address }) => !isLoopback(address));
  if (outside === undefined) return;
  throw new Problem({
    code: "load-target-refused",
    message: `${host} is ${outside.address}: neither this machine nor an environment of Dojang`,
    fix: fix(host),
    exit: "refused",
  });
}

export function isLoopback(address: string): boolean {
  return /^127\./.test(address) || address === "::1" || /^::ffff:127\./i.test(address);
}
