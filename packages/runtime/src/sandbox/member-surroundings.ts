import type { EnvironmentSpec } from "@dojang/model";
import { egressPort, gatewayAddress, type PodFile } from "./agent/pod-plan.ts";
import { authoritiesPath, type HostView } from "./host-view.ts";

/** What surrounds a program in a member: who it is, its variables, whom it trusts. */

export const nodeFolder = "/opt/dojang/node";
const environmentAuthority = "/etc/dojang/authority.pem";
const authorityBundle = "/etc/dojang/authorities.pem";
/** In the agent's view. */
export const authorityFiles = { authority: "/plan/authority.pem", bundle: "/plan/authorities.pem" } as const;
export const defaultUser = { id: 1000, name: "app" };
export const home = "/home/app";

export function identityFiles(user: { readonly id: number; readonly name: string }): PodFile[] {
  const root = user.id === 0 ? "" : "root:x:0:0:root:/root:/bin/sh\n";
  const group = user.id === 0 ? "" : "root:x:0:\n";
  return [
    {
      path: "/etc/passwd",
      mode: 0o644,
      content: `${root}${user.name}:x:${user.id}:${user.id}::${home}:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\n`,
    },
    { path: "/etc/group", mode: 0o644, content: `${group}${user.name}:x:${user.id}:\nnogroup:x:65534:\n` },
    { path: "/etc/nsswitch.conf", mode: 0o644, content: "passwd: files\ngroup: files\nhosts: files\n" },
    { path: "/etc/resolv.conf", mode: 0o644, content: "" },
    { path: "/etc/host.conf", mode: 0o644, content: "multi on\n" },
  ];
}

/** A guest has one user id; names are kept, so that programs that ask who they are hear what Compose says. */
export function userOf(asked: string | undefined): { readonly id: number; readonly name: string } {
  const name = asked?.split(":")[0] ?? "";
  if (name === "") return defaultUser;
  if (/^\d+$/.test(name)) return { id: Number(name), name: Number(name) === 0 ? "root" : defaultUser.name };
  return { id: name === "root" ? 0 : defaultUser.id, name };
}

export function baseEnvironment(trust: boolean): Record<string, string> {
  const base = { HOME: home };
  if (!trust) return base;
  return {
    ...base,
    NODE_EXTRA_CA_CERTS: environmentAuthority,
    SSL_CERT_FILE: authorityBundle,
    REQUESTS_CA_BUNDLE: authorityBundle,
    CURL_CA_BUNDLE: authorityBundle,
    GIT_SSL_CAINFO: authorityBundle,
  };
}

/** 10.77.0.2 on: the gateway is .1, and a /16 holds more members than a machine can run. */
export function addressOf(index: number): string {
  const number = index + 2;
  return `10.77.${Math.floor(number / 256)}.${number % 256}`;
}

/** Programs that heed these variables reach what is allowed; names and addresses inside are reached directly. */
export function egressEnvironment(spec: EnvironmentSpec): Record<string, string> {
  if (spec.egress.kind === "none") return {};
  const gate = `http://${gatewayAddress}:${egressPort}`;
  const members = spec.services.flatMap((service, index) => [service.name, ...service.aliases, addressOf(index)]);
  const inside = ["localhost", "127.0.0.1", gatewayAddress, ...members].join(",");
  return {
    HTTP_PROXY: gate,
    HTTPS_PROXY: gate,
    http_proxy: gate,
    https_proxy: gate,
    NO_PROXY: inside,
    no_proxy: inside,
    NODE_USE_ENV_PROXY: "1",
  };
}

export function withNode(environment: Readonly<Record<string, string>>): Record<string, string> {
  const path = environment.PATH ?? "/usr/local/bin:/usr/bin:/bin";
  return { ...environment, PATH: path.includes(`${nodeFolder}/bin`) ? path : `${nodeFolder}/bin:${path}` };
}

export function trustFiles(host: HostView) {
  const bundles = [authorityBundle, ...(host.authorities === "" ? [] : [authoritiesPath])];
  return [
    { from: authorityFiles.authority, path: environmentAuthority, kind: "file" as const },
    ...bundles.map((path) => ({ from: authorityFiles.bundle, path, kind: "file" as const })),
  ];
}
