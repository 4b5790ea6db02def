import { z } from "zod";

/** How one mock of an environment is played: written by Dojang, read by `environment-main.ts`. Paths are relative to the files it is given. */
export const environmentPlan = z.strictObject({
  name: z.string(),
  /** Every name by which it is reached, lower case. */
  hosts: z.array(z.string()).min(1),
  /** The one that specifications mention: for where it is reached by its address. */
  host: z.string(),
  /** Each takes HTTP and HTTPS. */
  ports: z.array(z.number().int().min(1).max(65_535)).min(1),
  /** Where its journal is read and its health is asked. */
  journalPort: z.number().int().min(1).max(65_535),
  stubs: z.string().optional(),
  openapi: z.array(z.string()),
  mode: z.enum(["strict", "lenient"]),
  seed: z.number().int(),
});

export type EnvironmentPlan = z.output<typeof environmentPlan>;
