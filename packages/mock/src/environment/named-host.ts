import { isIP } from "node:net";
import type { Exchange } from "../serving/exchange.ts";

/**
 * Where services share the network of the machine, names in their variables become addresses, and a request then says
 * `127.77.3.9:21443` where it would have said `api.pay.example`. Stubs and readers know the name alone, so it is put back.
 */
export interface NamedHost {
  readonly name: string;
  /** Real port by the one that was asked for. */
  readonly ports: Readonly<Record<number, number>>;
}

/** From the variable by which the host runtime tells a Node service where it is; undefined on every other. */
export function namedHost(name: string, loopback: string | undefined): NamedHost | undefined {
  if (loopback === undefined) return undefined;
  // Written by Dojang's own runtime.
  const { ports } = JSON.parse(loopback) as { readonly ports?: NamedHost["ports"] };
  return { name, ports: ports ?? {} };
}

export function putNameBack(exchange: Exchange, host: NamedHost): void {
  const rawHeaders = exchange.rawHeaders.map((value, index) => {
    const isHost = index % 2 === 1 && exchange.rawHeaders[index - 1]?.toLowerCase() === "host";
    return isHost ? withName(value, exchange.scheme, host) : value;
  });
  const authority = exchange.authority === undefined ? undefined : withName(exchange.authority, exchange.scheme, host);
  // An exchange keeps what was sent in plain fields and reads it nowhere else.
  Object.defineProperties(exchange, { rawHeaders: { value: rawHeaders }, authority: { value: authority } });
}

function withName(value: string, scheme: "http" | "https", { name, ports }: NamedHost): string {
  const [, address = "", port] = /^\[?([^\]]+?)\]?(?::(\d+))?$/.exec(value) ?? [];
  if (isIP(address) === 0) return value;
  const usual = scheme === "https" ? 443 : 80;
  const real = port === undefined ? usual : Number(port);
  const asked = Number(Object.entries(ports).find(([, each]) => each === real)?.[0] ?? real);
  return asked === usual ? name : `${name}:${asked}`;
}
