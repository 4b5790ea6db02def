import { Problem } from "@dojang/model";
import { copyAlone } from "../journal/copy-alone.ts";
import type { ResponseDefinition, StubMapping } from "../mapping/stub-mapping.ts";
import { isExempt } from "../openapi/is-exempt.ts";
import type { FoundStub } from "../stubs/stub-store.ts";
import type { Call, Reply } from "./call.ts";
import { deliver } from "./deliver.ts";
import type { Answer } from "./exchange.ts";
import type { World } from "./mock-world.ts";
import { delayOf } from "./response-delay.ts";
import { inlineBody, stubAnswer } from "./stub-answer.ts";
import { violationReply } from "./violation-reply.ts";

/**
 * Answers a request that is not for the admin API: by a stub, else the contract, else the target of everything, else the page that
 * says what did not match.
 *
 * The way of a stub whose answer depends on nothing is synchronous, and its answer is prepared once: this is the hot path. All
 * others may wait: for a template, a file, a target.
 */
export function playRequest(world: World, call: Call): Promise<void> | undefined {
  const found = world.stubs.find(call.request, call.notice);
  if (found === undefined) return guarded(world, call, undefined, () => playUnmatched(world, call));
  const { contract } = world;
  if (contract !== undefined) call.violations = contract.validateRequest(call.request);
  const prepared = contract === undefined ? preparedAnswer(world, found) : undefined;
  if (prepared === undefined) return guarded(world, call, found.prepared.stub, () => playStub(world, call, found));
  return deliver(world, call, replyOf(world, found.prepared.stub, found.response, prepared));
}

async function playStub(world: World, call: Call, found: FoundStub): Promise<void> {
  const { stub } = found.prepared;
  if (isRefusing(world, stub) && call.violations.length > 0) {
    await deliver(world, call, await refusal(world, call, stub));
    return;
  }
  const definition = await rendered(world, call, found);
  if (definition.proxyBaseUrl !== undefined) {
    const { serveProxied } = await import("../proxying/serve-proxied.ts");
    await serveProxied(world, call, { stub, definition });
    return;
  }
  const reply = replyOf(world, stub, definition, stubAnswer(definition, await bodyOf(world, definition), stub, world.options));
  await deliverChecked(world, call, reply);
}

async function playUnmatched(world: World, call: Call): Promise<void> {
  const { contract, options } = world;
  if (contract !== undefined) {
    call.violations = contract.validateRequest(call.request);
    const definition = await contract.respond(call.request);
    if (definition !== undefined) {
      const answer = stubAnswer(definition, await bodyOf(world, definition), undefined, options);
      // A strict contract's refusal of what it does not have is no answer.
      const isRefused = definition.status >= 400 && !contract.declares(call.request);
      await deliver(world, call, {
        answeredBy: isRefused ? "nothing" : "contract",
        stub: undefined,
        definition,
        answer,
        delayMs: delayOf(definition, world.settings),
      });
      return;
    }
  }
  const browser = call.request.browserProxyRequest && world.settings.proxyPassThrough !== false;
  if (browser || options.proxyAll !== undefined) {
    const { serveProxied } = await import("../proxying/serve-proxied.ts");
    const definition: ResponseDefinition = browser ? { status: 200 } : { status: 200, proxyBaseUrl: options.proxyAll };
    await serveProxied(world, call, {
      stub: undefined,
      definition,
      ...(browser ? { absoluteUrl: call.request.absoluteUrl } : {}),
    });
    return;
  }
  const { serveNotMatched } = await import("./serve-not-matched.ts");
  await serveNotMatched(world, call);
}

/** Strict mode; a stub may say that it breaks the contract on purpose. */
function isRefusing({ options }: World, stub: StubMapping | undefined): boolean {
  return options.mode === "strict" && (stub === undefined || !isExempt(stub));
}

/** Strict mode's answer in place of a stub's to a request that breaks the contract. */
async function refusal(world: World, call: Call, stub: StubMapping): Promise<Reply> {
  const definition = await world.contract?.respond(call.request);
  if (definition === undefined) return violationReply(world, stub, call.violations);
  const answer = stubAnswer(definition, inlineBody(definition), undefined, world.options);
  return { answeredBy: "contract", stub, definition, answer, delayMs: 0 };
}

/** A stub's answer is held against the contract too: in strict mode what it may not say is said instead. */
export async function deliverChecked(world: World, call: Call, reply: Reply): Promise<void> {
  const { contract } = world;
  if (contract !== undefined && reply.fault === undefined && contract.declares(call.request)) {
    const headers = new Map(reply.answer.headers.map(({ name, value }) => [name.toLowerCase(), value]));
    const violations = contract.validateResponse(call.request, { status: reply.answer.status, headers, body: reply.answer.body });
    call.violations = [...call.violations, ...violations];
    if (isRefusing(world, reply.stub) && violations.length > 0) {
      await deliver(world, call, violationReply(world, reply.stub, violations));
      return;
    }
  }
  await deliver(world, call, reply);
}

function replyOf(world: World, stub: StubMapping, definition: ResponseDefinition, answer: Answer): Reply {
  return {
    answeredBy: "stub",
    stub,
    definition,
    answer,
    delayMs: delayOf(definition, world.settings),
    ...(definition.fault === undefined ? undefined : { fault: definition.fault }),
    ...(definition.chunkedDribbleDelay === undefined ? undefined : { dribble: definition.chunkedDribbleDelay }),
  };
}

/** What a stub always answers; undefined where a template, a file or a target has a say. */
function preparedAnswer(world: World, { prepared: { stub }, response }: FoundStub): Answer | undefined {
  const known = preparedAnswers.get(response);
  if (known !== undefined && known.stub === stub) return known.answer;
  const fixed = response.proxyBaseUrl === undefined && response.body?.kind !== "bodyFileName" && !isTemplated(world, response);
  // With memory of its own, so that entries of the journal share it as it is.
  const answer = fixed ? { ...stubAnswer(response, copyAlone(inlineBody(response)), stub, world.options), cache: {} } : undefined;
  preparedAnswers.set(response, { stub, answer });
  return answer;
}

function isTemplated({ options }: World, response: ResponseDefinition): boolean {
  if (options.templating === "off") return false;
  return options.templating === "global" || response.transformers?.includes("response-template") === true;
}

function rendered(
  world: World,
  call: Call,
  { prepared: { matcher }, response }: FoundStub,
): Promise<ResponseDefinition> | ResponseDefinition {
  if (!isTemplated(world, response)) return response;
  const { request } = call;
  const context = {
    request,
    pathParameters: matcher.pathParameters(request),
    parameters: response.transformerParameters ?? {},
    onError: (message: string) => call.notice("ERROR", { message }),
  };
  return world.templates.renderResponse(response, context, (name) => world.files.readBody(name));
}

async function bodyOf(world: World, definition: ResponseDefinition): Promise<Buffer> {
  if (definition.body?.kind !== "bodyFileName") return inlineBody(definition);
  const { name } = definition.body;
  if (name === "") return Buffer.alloc(0);
  const body = await world.files.readBody(name);
  if (body === undefined) {
    throw new Problem({
      code: "body-file-missing",
      message: `The stub answers with the file ${name}, which is not below __files.`,
      fix: "Put the file there, or correct bodyFileName.",
      exit: "configuration",
    });
  }
  return body;
}

/** What goes wrong while an answer is made is the answer, and stands in the journal. */
async function guarded(world: World, call: Call, stub: StubMapping | undefined, play: () => Promise<void>): Promise<void> {
  try {
    await play();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    call.notice("ERROR", { message });
    const headers = [{ name: "Content-Type", value: "text/plain;charset=UTF-8" }];
    const answer: Answer = { status: 500, headers, body: Buffer.from(`${message}\n`, "utf8"), addLength: false };
    await deliver(world, call, {
      answeredBy: stub === undefined ? "nothing" : "stub",
      stub,
      definition: stub?.response,
      answer,
      delayMs: 0,
    });
  }
}

interface PreparedAnswer {
  readonly stub: StubMapping;
  readonly answer: Answer | undefined;
}

const preparedAnswers = new WeakMap<ResponseDefinition, PreparedAnswer>();
