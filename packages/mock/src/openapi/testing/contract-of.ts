import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { formatFinding, Problem } from "@dojang/model";
import { onTestFinished } from "vitest";
import type { ResponseDefinition } from "../../mapping/stub-mapping.ts";
import { exampleRequest } from "../../request/example-request.ts";
import type { MockRequest } from "../../request/mock-request.ts";
import type { Contract } from "../contract.ts";
import { type ContractOptions, loadContract } from "../load-contract.ts";

export const fixtures = path.join(import.meta.dirname, "..", "fixtures");

/** A folder with these files, removed when the test ends. Values that are no text are written as JSON. */
export function folderOf(files: Readonly<Record<string, unknown>>): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "dojang-openapi-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

export function contractOf(document: unknown, options: Partial<ContractOptions> = {}): Promise<Contract> {
  const folder = folderOf({ "api.yaml": document });
  return loadContract([path.join(folder, "api.yaml")], { mode: "lenient", seed: 1, ...options });
}

export function contractOfFixture(name: string, options: Partial<ContractOptions> = {}): Promise<Contract> {
  return loadContract([path.join(fixtures, name)], { mode: "lenient", seed: 1, ...options });
}

/** The findings of a document that is refused, as people read them: `api.yaml:3:5 #/paths: message; fix`. */
export async function findingsOf(document: unknown, files: Readonly<Record<string, unknown>> = {}): Promise<readonly string[]> {
  const folder = folderOf({ "api.yaml": document, ...files });
  return refusalOf(() => loadContract([path.join(folder, "api.yaml")], { mode: "lenient", seed: 1 }), folder);
}

export async function refusalOf(load: () => Promise<unknown>, folder: string): Promise<readonly string[]> {
  try {
    await load();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.findings.map((finding) => formatFinding(finding).replaceAll(`${folder}/`, ""));
  }
  throw new Error("the document was not refused");
}

/** `GET /things?x=1`, headers, and a body: text as it is, anything else as JSON. */
export function ask(line: string, headers: Readonly<Record<string, string | readonly string[]>> = {}, body?: unknown): MockRequest {
  const [method, url] = line.split(" ", 2);
  const json = body !== undefined && typeof body !== "string";
  const all = json && headers["Content-Type"] === undefined ? { "Content-Type": "application/json", ...headers } : headers;
  return exampleRequest({ method, url, headers: all, ...(body !== undefined && { body: json ? JSON.stringify(body) : body }) });
}

/** Violations as `at message`, which is what most tests look at. */
export function violationsOf(contract: Contract, request: MockRequest): readonly string[] {
  return contract.validateRequest(request).map(({ at, message }) => `${at} ${message}`);
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed when it is JSON. */
  readonly body: unknown;
  readonly bytes: Buffer;
  readonly definition: ResponseDefinition;
}

export async function answerOf(contract: Contract, request: MockRequest): Promise<Answered> {
  const definition = await contract.respond(request);
  if (definition === undefined) throw new Error(`${request.method} ${request.url} was not answered`);
  const { body } = definition;
  const bytes = bytesOf(definition);
  const headers = Object.fromEntries(
    Object.entries(definition.headers ?? {}).map(([name, value]) => [name.toLowerCase(), [value].flat().join(", ")]),
  );
  return { status: definition.status, headers, body: body?.kind === "jsonBody" ? body.value : bytes.toString("utf8"), bytes, definition };
}

function bytesOf({ body }: ResponseDefinition): Buffer {
  switch (body?.kind) {
    case "jsonBody":
      return Buffer.from(JSON.stringify(body.value));
    case "body":
      return Buffer.from(body.text);
    case "base64Body":
      return Buffer.from(body.base64, "base64");
    default:
      return Buffer.alloc(0);
  }
}

/** What the contract says about an answer, its own included. */
export function judged(contract: Contract, request: MockRequest, answer: Answered): readonly string[] {
  const headers = new Map(Object.entries(answer.headers));
  return contract
    .validateResponse(request, { status: answer.status, headers, body: answer.bytes })
    .map(({ at, message }) => `${at} ${message}`);
}

/** A document with these paths. */
export function api(paths: unknown, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { openapi: "3.1.0", info: { title: "t", version: "1" }, paths, ...more };
}

/** A document of one operation, POST /things, that takes and answers a schema. */
export function apiOf(schema: unknown, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const content = { "application/json": { schema } };
  return api(
    { "/things": { post: { requestBody: { required: true, content }, responses: { 200: { description: "ok", content } } } } },
    more,
  );
}
