import { parseDurationMs } from "@dojang/model";
import { z } from "zod";
import type { Check, RequestTemplate, SocketStep } from "./scenario.ts";
import { captures, headers, jsonPath, template, think } from "./schema-parts.ts";

/**
 * A WebSocket in a scenario file: it is opened, its messages go one after the other, and it is closed. Each of them is measured as a
 * request of its own: the handshake, and each message from its sending until the one that is expected has come.
 */
const within = z.string().transform((text, context): number => {
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms > 0) return ms;
  context.addIssue({
    code: "custom",
    message: `must be a duration above 0, got ${JSON.stringify(text)}`,
    params: { fix: "write 500ms or 2s" },
  });
  return z.NEVER;
});

const expectation = z.strictObject({
  contains: z.string().optional(),
  json: z.record(jsonPath, z.json()).optional(),
  within: within.optional(),
});

const message = z
  .strictObject({
    send: template.optional(),
    json: z.json().optional(),
    close: z.literal(true).optional(),
    name: z.string().max(200).optional(),
    think: think.optional(),
    expect: expectation.optional(),
    capture: captures.optional(),
  })
  .superRefine(({ send, json, close, expect, capture }, context) => {
    const refuse = (problem: string, fix: string) => context.addIssue({ code: "custom", message: problem, params: { fix } });
    const given = [send, json, close].filter((each) => each !== undefined).length;
    if (given > 1) refuse("has more than one of send, json and close", "keep one");
    if (given === 0 && expect === undefined)
      refuse("neither sends nor waits", "write `send: text`, `json: {...}`, `expect: {...}` or `close: true`");
    if (close && (expect !== undefined || capture !== undefined)) refuse("waits for a message while it closes", "put `expect` before it");
    if (capture !== undefined && expect === undefined) refuse("captures from no message", "add `expect: {}` for whichever comes next");
  });

type Message = z.output<typeof message>;

export const websocketStep = z
  .strictObject({
    websocket: template.refine((path) => /^\/|^\$\{/.test(path) && !/\s/.test(path), {
      error: "must be a path such as /live",
      params: { fix: "write `websocket: /live`; the host is the target's" },
    }),
    name: z.string().max(200).optional(),
    headers: headers.optional(),
    protocols: z.array(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is no name of a protocol")).optional(),
    think: think.optional(),
    messages: z.array(message).max(1000).optional(),
  })
  .refine(({ messages = [] }) => messages.slice(0, -1).every(({ close }) => !close), {
    error: "says something after `close`",
    params: { fix: "let `close: true` be the last message" },
  })
  .transform(({ websocket: url, name = `WS ${url.split("?")[0]}`, protocols = [], messages = [], ...rest }): RequestTemplate[] => {
    const step = (own: Partial<RequestTemplate> & { readonly name: string; readonly socket: SocketStep }): RequestTemplate => ({
      method: "GET",
      url,
      headers: [],
      captures: [],
      checks: [],
      ...own,
    });
    const connect = step({
      name,
      headers: rest.headers ?? [],
      checks: [{ kind: "status", oneOf: [101] }],
      ...(rest.think === undefined ? {} : { thinkMs: rest.think }),
      socket: { kind: "connect", protocols, ends: messages.length === 0 },
    });
    return [connect, ...messages.map((each, index) => step(messageStep(each, { name, index, ends: index === messages.length - 1 })))];
  });

function messageStep(
  { send, json, close, expect, capture = [], think: thinkMs, name }: Message,
  at: { readonly name: string; readonly index: number; readonly ends: boolean },
): Partial<RequestTemplate> & { readonly name: string; readonly socket: SocketStep } {
  const body = json === undefined ? send : JSON.stringify(json);
  return {
    name: name === undefined ? `${at.name} ${close ? "close" : `message ${at.index + 1}`}` : `${at.name} ${name}`,
    ...(body === undefined ? {} : { body }),
    captures: capture,
    checks: checksOf(expect),
    ...(thinkMs === undefined ? {} : { thinkMs }),
    socket: close
      ? { kind: "close", ends: true }
      : {
          kind: "message",
          sends: body !== undefined,
          waits: expect !== undefined,
          ends: at.ends,
          ...(expect?.within === undefined ? {} : { withinMs: expect.within }),
        },
  };
}

function checksOf({ contains, json = {} }: Message["expect"] = {}): Check[] {
  return [
    ...(contains === undefined ? [] : [{ kind: "body-contains" as const, text: contains }]),
    ...Object.entries(json).map(([path, equals]) => ({ kind: "json" as const, path, equals })),
  ];
}
