import { z } from "zod";
import { host, port, projectPath, variables } from "./names.ts";

const serviceHealth = z.string().transform((text, context) => {
  if (text === "tcp") return { kind: "tcp" as const };
  const match = /^(GET|HEAD) +(\/\S*)$/.exec(text);
  if (match?.[1] !== undefined && match[2] !== undefined) return { kind: "http" as const, method: match[1], path: match[2] };
  context.addIssue({
    code: "custom",
    message: `must be "GET /path", "HEAD /path" or "tcp", got "${text.slice(0, 60)}"`,
    params: { fix: "write for example: health: GET /health" },
  });
  return z.NEVER;
});

const command = z.union([z.string().min(1), z.array(z.string()).min(1)], { error: "must be a shell command or a list of words" });

/** How a service of the Compose file is built and started without Docker. */
export const serviceRecipe = z.strictObject({
  omit: z.boolean().optional().describe("The service is not part of the system under test: it is not started, and nothing waits for it."),
  build: z
    .array(z.string().min(1))
    .max(50)
    .optional()
    .describe(
      "Shell commands that make the service ready, run in a copy of its source. Without it, what the Dockerfile and lock file say.",
    ),
  command: command
    .optional()
    .describe("What starts the service: a shell command or a list of words. Without it, the Compose file's or Dockerfile's."),
  port: port.optional().describe("Port the service listens on."),
  health: serviceHealth
    .optional()
    .describe(
      "`GET /path` that must be answered with success, or `tcp`: a connection must be accepted. Used when the Compose file has no health check, or only one that calls curl or wget.",
    ),
  env: variables.optional().describe("Variables of the service; they win over the Compose file's."),
  directory: z
    .string()
    .startsWith("/", { error: "must be absolute" })
    .optional()
    .describe("Where the service sees its source. Without it, the Dockerfile's WORKDIR, else /app."),
  context: projectPath
    .optional()
    .describe("Folder of the service's source. Without it, the Compose file's build context, else the project's folder."),
  language: z.enum(["node", "python", "other"]).optional().describe("Without it, told from the Dockerfile and the source."),
  egress: z
    .array(host)
    .max(100)
    .optional()
    .describe("Hosts that the build commands may reach. Without it, the registry of the package manager found."),
});

export type ServiceRecipe = z.output<typeof serviceRecipe>;
