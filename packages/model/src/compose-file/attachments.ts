import { z } from "zod";
import { text } from "./scalars.ts";

/** `secrets:` and `configs:` of a service: a name, or where the content goes. */
export const attachments = z.array(
  z
    .union(
      [
        text.transform((source) => ({ source, target: undefined, mode: undefined })),
        z.strictObject({
          source: text,
          target: text.optional(),
          mode: z.union([z.number(), z.string()]).optional(),
          uid: text.optional(),
          gid: text.optional(),
        }),
      ],
      { error: "must be a name, or a mapping with source" },
    )
    .transform((entry, context) => {
      const mode = typeof entry.mode === "string" ? Number.parseInt(entry.mode, 8) : entry.mode;
      if (mode !== undefined && !(mode >= 0 && mode <= 0o7777)) {
        context.addIssue({
          code: "custom",
          message: `must be an octal file mode, got "${entry.mode}"`,
          params: { fix: "write for example 0440" },
        });
      }
      return { source: entry.source, target: entry.target, mode };
    }),
);

/** Where the content of a secret or config comes from. Exactly one of the three. */
export const attachmentSource = z
  .strictObject({
    file: text.optional(),
    environment: text.optional(),
    content: z.string().optional(),
    name: text.optional(),
    labels: z.unknown().optional(),
    external: z.unknown().optional(),
  })
  .superRefine((value, context) => {
    if (value.external !== undefined && value.external !== false) {
      context.addIssue({
        code: "custom",
        path: ["external"],
        message: "refused: it lives outside",
        params: { fix: "instead: give its content by file, environment or content" },
      });
      return;
    }
    const given = [value.file, value.environment, value.content].filter((one) => one !== undefined).length;
    if (given === 1) return;
    context.addIssue({
      code: "custom",
      message: `must have exactly one of file, environment, content, got ${given}`,
      params: { fix: "say where its content comes from" },
    });
  });
