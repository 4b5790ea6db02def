import { z } from "zod";
import { composeSize, flag, text, wholeNumber } from "./scalars.ts";

export type ComposeMount =
  | { readonly kind: "bind"; readonly source: string; readonly target: string; readonly readOnly: boolean }
  | { readonly kind: "volume"; readonly source: string | undefined; readonly target: string; readonly readOnly: boolean }
  | { readonly kind: "tmpfs"; readonly target: string; readonly sizeBytes: number | undefined };

const modes = new Set([
  "ro",
  "rw",
  "z",
  "Z",
  "cached",
  "delegated",
  "consistent",
  "nocopy",
  "copy",
  "rprivate",
  "private",
  "rshared",
  "shared",
  "rslave",
  "slave",
]);

/** `/data`, `name:/data`, `./folder:/data:ro`. What begins with `.`, `/` or `~` is a folder of the host; another word is a named volume. */
export function parseMount(entry: string): ComposeMount | string {
  if (/^[A-Za-z]:[\\/]/.test(entry)) return "it is a Windows path";
  const parts = entry.split(":");
  if (parts.length > 3 || parts.some((part) => part === "")) return "it must be [source:]target[:mode]";
  const [first = "", second, third] = parts;
  // `/data:ro` is a source and a target called "ro" to Compose too; nobody means that.
  const target = second === undefined ? first : second;
  if (!target.startsWith("/")) return `its target must be absolute, got "${target}"`;
  const options = third?.split(",") ?? [];
  const unknown = options.find((option) => !modes.has(option));
  if (unknown !== undefined) return `its mode "${unknown}" is not known`;
  const readOnly = options.includes("ro");
  if (second === undefined) return { kind: "volume", source: undefined, target, readOnly };
  if (/^[./~]/.test(first)) return { kind: "bind", source: first, target, readOnly };
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(first))
    return `its source must be a volume's name, or a path beginning with "./", got "${first}"`;
  return { kind: "volume", source: first, target, readOnly };
}

const shortMount = z.string().transform((value, context) => {
  const parsed = parseMount(value);
  if (typeof parsed !== "string") return parsed;
  context.addIssue({
    code: "custom",
    message: `is not a mount: ${parsed}, got "${value}"`,
    params: { fix: 'write for example "data:/var/lib/data"' },
  });
  return z.NEVER;
});

const target = z.string().startsWith("/", { error: "must be absolute" });

const longMount = z.discriminatedUnion("type", [
  z
    .strictObject({
      type: z.literal("bind"),
      source: text,
      target,
      read_only: flag.default(false),
      bind: z.strictObject({ propagation: text.optional(), create_host_path: flag.optional(), selinux: text.optional() }).optional(),
      consistency: text.optional(),
    })
    .transform((mount): ComposeMount => ({ kind: "bind", source: mount.source, target: mount.target, readOnly: mount.read_only })),
  z
    .strictObject({
      type: z.literal("volume"),
      source: text.optional(),
      target,
      read_only: flag.default(false),
      volume: z.strictObject({ nocopy: flag.optional() }).optional(),
      consistency: text.optional(),
    })
    .transform((mount): ComposeMount => ({ kind: "volume", source: mount.source, target: mount.target, readOnly: mount.read_only })),
  z
    .strictObject({
      type: z.literal("tmpfs"),
      target,
      read_only: flag.optional(),
      tmpfs: z.strictObject({ size: composeSize.optional(), mode: wholeNumber.optional() }).optional(),
      consistency: text.optional(),
    })
    .transform((mount): ComposeMount => ({ kind: "tmpfs", target: mount.target, sizeBytes: mount.tmpfs?.size })),
]);

export const mounts = z.array(z.union([shortMount, longMount], { error: "must be source:target, or a mapping with type" }));

/** `tmpfs: /run` or a list; options after a colon: `/run:size=64m,mode=1777`. */
export const tmpfs = z.union([z.string(), z.array(z.string())]).transform((value, context) =>
  (Array.isArray(value) ? value : [value]).map((entry): ComposeMount => {
    const [path = "", options = ""] = entry.split(":");
    const sizeText = /(?:^|,)size=([^,]+)/.exec(options)?.[1];
    const sizeBytes = sizeText === undefined ? undefined : composeSize.safeParse(sizeText).data;
    if (!path.startsWith("/") || (sizeText !== undefined && sizeBytes === undefined)) {
      context.addIssue({
        code: "custom",
        message: `is not a tmpfs mount: it must be /path[:size=64m], got "${entry}"`,
        params: { fix: "write an absolute path" },
      });
    }
    return { kind: "tmpfs", target: path, sizeBytes };
  }),
);
