import { z } from "zod";
import { anything, keyValues, text } from "./scalars.ts";

const noEffect = {
  labels: anything.optional(),
  cache_from: anything.optional(),
  cache_to: anything.optional(),
  no_cache: anything.optional(),
  pull: anything.optional(),
  shm_size: anything.optional(),
  tags: anything.optional(),
  platforms: anything.optional(),
  provenance: anything.optional(),
  sbom: anything.optional(),
  network: anything.optional(),
  extra_hosts: anything.optional(),
  ulimits: anything.optional(),
};

/** A folder, or a mapping. What reaches outside the folder (ssh, secrets, further contexts) is refused before this is read. */
export const build = z.union(
  [
    z.string().transform((context) => ({ context, args: {}, dockerfile: undefined, dockerfile_inline: undefined, target: undefined })),
    z.strictObject({
      context: z.string().default("."),
      dockerfile: text.optional(),
      dockerfile_inline: text.optional(),
      target: text.optional(),
      args: keyValues.prefault({}),
      ...noEffect,
    }),
  ],
  { error: "must be a folder, or a mapping with context" },
);

/** Keys that change nothing here. */
export const buildKeysWithoutEffect: readonly string[] = Object.keys(noEffect);
