import type { Finding } from "@dojang/model";
import type { Violation } from "../journal/serve-event.ts";
import type { ResponseDefinition, StubMapping } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { type ChosenResponse, responseFor, usualResponse } from "./answers/choose-response.ts";
import { type Preferences, readPreferences } from "./answers/prefer.ts";
import { problemAnswer } from "./answers/problem-answer.ts";
import { type AllFaults, refusal, toViolations, undeclared } from "./answers/refusals.ts";
import { sampleAnswer } from "./answers/sample-answer.ts";
import { checkExamples } from "./check-examples.ts";
import { checkStub } from "./check-stub.ts";
import type { Contract } from "./contract.ts";
import type { DocumentParts } from "./document-parts.ts";
import type { OpenApiDocument } from "./documents/openapi-document.ts";
import { judgeRequest } from "./messages/judge-request.ts";
import { judgeResponse } from "./messages/judge-response.ts";
import { negotiate } from "./messages/media-type.ts";
import type { Operation } from "./reading/operation.ts";
import type { Route, ServedPaths } from "./routing/served-paths.ts";
import { State } from "./state/play-state.ts";
import type { Collection } from "./state/read-collections.ts";

interface OpenApiContractOptions {
  readonly paths: ServedPaths;
  readonly parts: ReadonlyMap<OpenApiDocument, DocumentParts>;
  readonly collections: readonly Collection[];
  readonly mode: "strict" | "lenient";
  readonly seed: number;
  readonly warnings: readonly Finding[];
}

/** A request held against its operation, once however often it is asked about. */
interface Judged {
  readonly route: Route;
  readonly parts: DocumentParts;
  readonly preferences: Preferences;
  readonly chosen: ChosenResponse | undefined;
  readonly faults: AllFaults;
}

/** OpenAPI documents as the contract of a mock. Synchronous inside; nothing that a request or stub contains makes it throw. */
export class OpenApiContract implements Contract {
  readonly #options: OpenApiContractOptions;
  readonly #state: State;
  readonly #judged = new WeakMap<MockRequest, Judged>();
  /** How often an operation was answered by chance: the next answer differs, the one after a reset is the first again. */
  readonly #varied = new Map<Operation, number>();

  constructor(options: OpenApiContractOptions) {
    this.#options = options;
    this.#state = new State(options.collections, options.parts, options.seed);
  }

  get warnings(): readonly Finding[] {
    return this.#options.warnings;
  }

  get files(): readonly string[] {
    return [...new Set([...this.#options.parts.keys()].flatMap((document) => document.paths))];
  }

  checkExamples(): readonly Finding[] {
    return checkExamples(this.#options);
  }

  declares(request: MockRequest): boolean {
    return this.#route(request) !== undefined || this.#isPreflight(request);
  }

  validateRequest(request: MockRequest): readonly Violation[] {
    const judged = this.#judge(request);
    if (judged === undefined) return [];
    const { security, mediaType, values, accept } = judged.faults;
    return toViolations([...security, ...mediaType, ...values, ...accept], "request");
  }

  validateResponse(
    request: MockRequest,
    response: { readonly status: number; readonly headers: ReadonlyMap<string, string>; readonly body: Buffer },
  ): readonly Violation[] {
    const route = this.#route(request);
    const parts = route === undefined ? undefined : this.#options.parts.get(route.operation.document);
    if (route === undefined || parts === undefined) return [];
    const headers = new Map([...response.headers].map(([name, value]) => [name.toLowerCase(), value]));
    return toViolations(judgeResponse(route.operation, { ...response, headers, method: request.method }, parts), "response");
  }

  async respond(request: MockRequest): Promise<ResponseDefinition | undefined> {
    const judged = this.#judge(request);
    try {
      return judged === undefined ? this.#respondUndeclared(request) : this.#respondDeclared(request, judged);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return problemAnswer({ status: 500, title: "The answer is too large or nested too deeply.", detail: error.message });
    }
  }

  checkStub(stub: StubMapping): readonly Finding[] {
    return checkStub(stub, this.#options);
  }

  reset(): void {
    this.#state.reset();
    this.#varied.clear();
  }

  #respondDeclared(request: MockRequest, judged: Judged): ResponseDefinition {
    const { route, parts, preferences, chosen, faults } = judged;
    const { operation } = route;
    const refused = this.#options.mode === "strict" ? refusal(operation, faults) : undefined;
    if (refused !== undefined) return refused;
    const seed = [operation.method, request.path, ...this.#variation(operation, preferences)];
    const writing = { request, parts, seed };
    const wishes = preferences.code !== undefined || preferences.example !== undefined || preferences.dynamic !== undefined;
    const kept = wishes ? undefined : this.#state.answer(route, writing);
    if (kept !== undefined) return kept;
    if (chosen !== undefined) return sampleAnswer(chosen, preferences, writing);
    if (preferences.code === undefined) return { status: 200 };
    const declared = operation.responses.map(({ code }) => code).join(", ") || "none";
    return problemAnswer({
      status: 404,
      title: "There is no such response.",
      detail: `${operation.name} does not declare ${preferences.code}; declared: ${declared}.`,
    });
  }

  #variation(operation: Operation, { dynamic }: Preferences): readonly string[] {
    if (dynamic !== true) return [];
    const count = (this.#varied.get(operation) ?? 0) + 1;
    this.#varied.set(operation, count);
    return [String(count)];
  }

  #respondUndeclared(request: MockRequest): ResponseDefinition | undefined {
    const { paths, mode } = this.#options;
    if (this.#isPreflight(request)) {
      return { status: 204, headers: { Allow: [...paths.methods(request), "OPTIONS"].join(", ") } };
    }
    // What a browser asks of other hosts through this one is no business of the documents.
    if (mode === "lenient" || (request.browserProxyRequest && !paths.knowsHost(request.host))) return undefined;
    return undeclared(paths, request);
  }

  #judge(request: MockRequest): Judged | undefined {
    const known = this.#judged.get(request);
    if (known !== undefined) return known;
    const route = this.#route(request);
    const parts = route === undefined ? undefined : this.#options.parts.get(route.operation.document);
    if (route === undefined || parts === undefined) return undefined;
    const preferences = readPreferences(request.header("prefer"));
    const chosen = preferences.code === undefined ? usualResponse(route.operation) : responseFor(route.operation, preferences.code);
    const faults = { ...judgeRequest(route, request, parts), accept: acceptFaults(request, chosen) };
    const judged = { route, parts, preferences, chosen, faults };
    this.#judged.set(request, judged);
    return judged;
  }

  #route(request: MockRequest): Route | undefined {
    const { paths } = this.#options;
    const found = paths.find(request);
    if (found !== undefined || request.method !== "HEAD") return found;
    const { host, path, query } = request;
    return paths.find({ host, path, query, method: "GET" });
  }

  #isPreflight(request: MockRequest): boolean {
    return request.method === "OPTIONS" && this.#options.paths.methods(request).length > 0 && this.#route(request) === undefined;
  }
}

function acceptFaults(request: MockRequest, chosen: ChosenResponse | undefined): AllFaults["accept"] {
  const content = chosen?.declared.content ?? [];
  const accept = request.header("accept");
  if (chosen === undefined || content.length === 0 || negotiate(accept, content) !== undefined) return [];
  const types = content.map(({ type }) => type).join(", ");
  return [{ at: "header.accept", message: `accepts none of ${types}, got ${accept.join(", ")}`, rule: chosen.declared.node }];
}
