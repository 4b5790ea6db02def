import { z } from "zod";
import { text, wholeNumber } from "./scalars.ts";

export interface ComposePort {
  readonly container: number;
  readonly published?: number;
  readonly hostAddress?: string;
  readonly protocol: "tcp" | "udp";
}

const mostPortsOfOneEntry = 256;

/** `80`, `8080:80`, `127.0.0.1:8080:80/udp`, `[::1]:8080:80`, `3000-3005:3000-3005`. A string is the reason why it is none. */
export function parsePort(entry: string): ComposePort[] | string {
  const match = /^(?:(?:\[([0-9a-fA-F:]+)\]|(\d+(?:\.\d+){3}|localhost)):)?(?:(\d*|\d+-\d+):)?(\d+|\d+-\d+)(?:\/(tcp|udp))?$/.exec(
    entry.trim(),
  );
  if (match === null)
    return /\/\w+$/.test(entry) && !/\/(tcp|udp)$/.test(entry)
      ? "its protocol must be tcp or udp"
      : "it must be [address:][published:]port[/protocol]";
  const [, addressV6, addressV4, publishedText, containerText = "", protocol] = match;
  const container = range(containerText);
  const published = publishedText ? range(publishedText) : undefined;
  if (container === undefined || (publishedText && published === undefined)) return "ports are 1 to 65535, and a range grows";
  if (container.length > mostPortsOfOneEntry) return `a range has at most ${mostPortsOfOneEntry} ports`;
  if (published !== undefined && published.length !== container.length && container.length !== 1)
    return "both ranges must be of one length";
  const hostAddress = addressV6 ?? addressV4;
  return container.map((port, index) => ({
    container: port,
    ...(published?.[index] !== undefined && { published: published[index] }),
    ...(hostAddress !== undefined && { hostAddress }),
    protocol: protocol === "udp" ? "udp" : "tcp",
  }));
}

function range(text: string): number[] | undefined {
  const [first = Number.NaN, last = first] = text.split("-").map(Number);
  if (!(first >= 1 && last >= first && last <= 65535)) return undefined;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

const shortPort = z.union([z.number(), z.string()]).transform((value, context) => {
  const parsed = parsePort(String(value));
  if (typeof parsed !== "string") return parsed;
  context.addIssue({ code: "custom", message: `is not a port: ${parsed}, got "${value}"`, params: { fix: 'write for example "8080:80"' } });
  return z.NEVER;
});

const longPort = z
  .strictObject({
    target: wholeNumber.refine((port) => port >= 1 && port <= 65535, { error: "must be 1 to 65535" }),
    published: text.optional(),
    host_ip: text.optional(),
    protocol: z.enum(["tcp", "udp"]).default("tcp"),
    mode: z.enum(["host", "ingress"]).optional(),
    name: text.optional(),
    app_protocol: text.optional(),
  })
  .transform((entry, context) => {
    const address = entry.host_ip === undefined ? "" : entry.host_ip.includes(":") ? `[${entry.host_ip}]:` : `${entry.host_ip}:`;
    const parsed = parsePort(`${address}${entry.published ? `${entry.published}:` : address ? ":" : ""}${entry.target}/${entry.protocol}`);
    if (typeof parsed !== "string") return parsed;
    context.addIssue({
      code: "custom",
      path: ["published"],
      message: `is not a port: ${parsed}, got "${entry.published}"`,
      params: { fix: "write a port, or a range" },
    });
    return z.NEVER;
  });

export const ports = z
  .array(z.union([shortPort, longPort], { error: "must be a port or a mapping with target" }))
  .transform((entries) => entries.flat());

/** `expose:` names container ports only. */
export const expose = z
  .array(
    z.union([z.number(), z.string()]).transform((value, context) => {
      const parsed = String(value).includes(":") ? "expose has no published port" : parsePort(String(value));
      if (typeof parsed !== "string") return parsed;
      context.addIssue({
        code: "custom",
        message: `is not a port: ${parsed}, got "${value}"`,
        params: { fix: 'write for example "8000"' },
      });
      return z.NEVER;
    }),
  )
  .transform((entries) => entries.flat());
