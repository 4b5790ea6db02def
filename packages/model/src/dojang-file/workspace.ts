import { z } from "zod";
import { host } from "./names.ts";

/** How the checkout gets its dependencies before steps run. */
export const workspace = z.strictObject({
  install: z
    .array(z.string().min(1))
    .max(50)
    .optional()
    .describe("Shell commands run once in the checkout before any step. Without it, told from the lock file: npm, pnpm, yarn, or pip."),
  egress: z
    .array(host)
    .max(100)
    .optional()
    .describe("Hosts that `install` may reach. Without it, the registry of the package manager found."),
});

export type Workspace = z.output<typeof workspace>;
