import type { Violation } from "../journal/serve-event.ts";
import type { ResponseDefinition, StubMapping } from "../mapping/stub-mapping.ts";
import type { Reply } from "./call.ts";
import type { World } from "./mock-world.ts";
import { inlineBody, stubAnswer } from "./stub-answer.ts";

/** Strict mode's answer in place of a stub's: the request, or the answer itself, breaks the contract (problem details, RFC 9457). */
export function violationReply(world: World, stub: StubMapping | undefined, violations: readonly Violation[]): Reply {
  const side = violations[0]?.side ?? "request";
  const status = side === "request" ? 400 : 500;
  const definition: ResponseDefinition = {
    status,
    headers: { "Content-Type": "application/problem+json" },
    body: {
      kind: "jsonBody",
      value: {
        title: side === "request" ? "The request breaks the contract." : "The stub's answer breaks the contract.",
        status,
        ...(stub === undefined ? {} : { stub: { id: stub.id, ...(stub.name === undefined ? {} : { name: stub.name }) } }),
        violations: violations.map(({ at, message, rule }) => ({ at, message, rule })),
      },
    },
  };
  return { answeredBy: "stub", stub, definition, answer: stubAnswer(definition, inlineBody(definition), stub, world.options), delayMs: 0 };
}
