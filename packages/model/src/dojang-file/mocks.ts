import { z } from "zod";
import { name, oneOrMore, port, projectPath, projectPaths } from "./names.ts";

const hostName = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, {
  error: "must be a host's name, without scheme and port",
});

const consequence = z.enum(["fail", "warn", "ignore"]);

const fullMock = z
  .strictObject({
    host: oneOrMore(hostName)
      .optional()
      .describe("Further names by which it is reached, one or a list: `api.mail.example`. The mock's own name is always one."),
    ports: z
      .array(port)
      .max(20)
      .default([])
      .describe("Further ports. 80, 443, and those that variables of services and of the job name for its hosts are listened on anyway."),
    stubs: projectPath
      .optional()
      .describe("Folder with `mappings/` and `__files/`, as WireMock has it. `openapi.yaml` in it is taken when `openapi` is not given."),
    openapi: projectPaths
      .optional()
      .describe("OpenAPI 3.0 or 3.1 documents: they answer what no stub does, and every call is checked by them."),
    mode: z
      .enum(["strict", "lenient"])
      .default("lenient")
      .describe("What a call that breaks the OpenAPI document gets: an error that names the rule, or the answer as if it did not."),
    seed: z.number().int().min(0).max(0xffff_ffff).default(1).describe("Of the answers that are made up from schemas."),
    "on-unmatched": consequence.default("fail").describe("What a call means that neither a stub nor the document answers."),
    "on-undeclared": consequence
      .optional()
      .describe("What a call means that disagrees with the document. `fail` in mode `strict`, `warn` in mode `lenient`."),
    "on-unused": consequence.default("warn").describe("What a stub means that the whole job, or the test that injected it, never needed."),
  })
  .transform(({ host, "on-unmatched": onUnmatched, "on-undeclared": onUndeclared, "on-unused": onUnused, ...mock }) => ({
    ...mock,
    /** Of the short form: a folder of stubs, or an OpenAPI document. */
    specification: undefined as string | undefined,
    hosts: host ?? [],
    onUnmatched,
    onUndeclared: onUndeclared ?? (mock.mode === "strict" ? ("fail" as const) : ("warn" as const)),
    onUnused,
  }));

const shortMock = projectPath.transform((specification) => ({ ...fullMock.parse({}), specification }));

/** Injected specifications of outside systems, by the host name that services use. */
export const mocks = z
  .record(name, z.union([shortMock, fullMock], { error: "must be a folder of stubs, an OpenAPI document, or a mapping" }))
  .describe("Outside systems that are played, by the name of their host: `mail: tests/mocks/mail`, or the keys below.");

export type MockDefinition = z.output<typeof fullMock>;
