import { z } from "zod";
import { attachmentSource } from "./compose-file/attachments.ts";
import { anything, flag, text } from "./compose-file/scalars.ts";
import { type ComposeService, composeService } from "./compose-file/service.ts";

const external = z
  .union([flag, z.strictObject({ name: text.optional() })], { error: "must be true or false" })
  .transform((value) => typeof value !== "boolean" || value)
  .default(false);

const volume = z.union(
  [
    z.null(),
    z.strictObject({
      driver: text.optional(),
      driver_opts: anything.optional(),
      external,
      labels: anything.optional(),
      name: text.optional(),
    }),
  ],
  { error: "must be empty or a mapping" },
);

const network = z.union(
  [
    z.null(),
    z.strictObject({
      external,
      driver: anything.optional(),
      driver_opts: anything.optional(),
      attachable: anything.optional(),
      enable_ipv4: anything.optional(),
      enable_ipv6: anything.optional(),
      internal: anything.optional(),
      ipam: anything.optional(),
      labels: anything.optional(),
      name: text.optional(),
    }),
  ],
  { error: "must be empty or a mapping" },
);

/**
 * The part of the Compose Specification (github.com/compose-spec/compose-spec) that Dojang reads, after interpolation and
 * without the keys that are refused by name. Short and long forms of a key are read into one shape.
 */
export const composeFile = z.strictObject(
  {
    version: anything.optional(),
    name: text.optional(),
    services: z.record(
      z.string().regex(/^[a-zA-Z0-9._-]{1,63}$/, { error: "must be a name of letters, digits, '.', '_' and '-'" }),
      composeService,
    ),
    volumes: z.record(z.string(), volume).or(z.null()).optional(),
    networks: z.record(z.string(), network).or(z.null()).optional(),
    secrets: z.record(z.string(), attachmentSource).optional(),
    configs: z.record(z.string(), attachmentSource).optional(),
  },
  { error: "must be a mapping with services" },
);

/** The keys this file reads; those that change nothing and may hold anything are left out of the type. */
export type ComposeFile = Omit<z.output<typeof composeFile>, "services"> & { readonly services: Readonly<Record<string, ComposeService>> };

export { buildKeysWithoutEffect } from "./compose-file/build.ts";
export { splitCommand } from "./compose-file/command.ts";
export type { ComposeHealthcheck } from "./compose-file/health.ts";
export type { ComposeMount } from "./compose-file/mounts.ts";
export type { ComposePort } from "./compose-file/ports.ts";
export { type Refusal, refusedBuildKeys, refusedServiceKeys, refusedTopKeys } from "./compose-file/refused-keys.ts";
export { serviceKeysWithoutEffect } from "./compose-file/service.ts";

export type { ComposeService };
