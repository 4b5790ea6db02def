import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseJson } from "./recorded-answers.ts";

/**
 * A server that speaks as vendors do, for no vendor can be reached where tests run: POST /v1/messages as Anthropic documents it (api/messages,
 * build-with-claude/handling-stop-reasons, build-with-claude/structured-outputs, api/errors), POST /v1/chat/completions as OpenAI's
 * specification has it (CreateChatCompletionResponse), which ollama, llama.cpp and vLLM speak too. Written by hand from those pages; it
 * refuses what they say is refused, so that a request without a schema or a key does not pass here either.
 */
export type Scripted =
  | { readonly say: unknown; readonly usage?: Usage | "none" }
  | { readonly refuse: string }
  /** Ended at max_tokens. */
  | { readonly cut: string }
  | { readonly status: number; readonly retryAfter?: string; readonly message?: string }
  /** 200 with this body, which is no answer. */
  | { readonly raw: string }
  | { readonly hang: true }
  /** The connection ends: before a byte is answered, or within the answer. */
  | { readonly reset: "before" | "midway" };

interface Usage {
  readonly input: number;
  readonly output: number;
}

export interface VendorRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON. */
  readonly body: Record<string, unknown>;
  /** The only message's text. */
  readonly prompt: string;
}

export interface Vendor {
  readonly baseUrl: string;
  readonly requests: readonly VendorRequest[];
  close(): Promise<void>;
}

export type Script = (request: VendorRequest, number: number) => Scripted;

export const vendorKey = "sk-test-0123456789abcdef";

export async function openVendor(script: Script): Promise<Vendor> {
  const requests: VendorRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    readRequest(incoming).then((request) => {
      const wrong = wrongWith(request);
      if (wrong !== undefined) {
        sendError(request, outgoing, wrong);
        return;
      }
      requests.push(request);
      answer(request, outgoing, script(request, requests.length));
    }, outgoing.destroy.bind(outgoing));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Of a server that listens on a port.
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function readRequest(incoming: IncomingMessage): Promise<VendorRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  // What is no object is refused as one without fields.
  const body = (parseJson(Buffer.concat(chunks).toString("utf8")) ?? {}) as Record<string, unknown>;
  return { path: incoming.url ?? "", headers: incoming.headers, body, prompt: promptOf(body) };
}

function promptOf({ messages }: Record<string, unknown>): string {
  const first: unknown = Array.isArray(messages) ? messages[0] : undefined;
  const content = typeof first === "object" && first !== null && "content" in first ? first.content : undefined;
  if (typeof content === "string") return content;
  const parts: readonly unknown[] = Array.isArray(content) ? content : [];
  return parts.map((part) => (typeof part === "object" && part !== null && "text" in part ? String(part.text) : "")).join("");
}

const isAnthropic = ({ path }: VendorRequest) => path === "/v1/messages";

function wrongWith(request: VendorRequest): { status: number; message: string } | undefined {
  const { path, headers, body, prompt } = request;
  if (path !== "/v1/messages" && path !== "/v1/chat/completions") return { status: 404, message: `no such path: ${path}` };
  const key = isAnthropic(request) ? headers["x-api-key"] : headers.authorization?.replace(/^Bearer /, "");
  if (isAnthropic(request) && headers["anthropic-version"] !== "2023-06-01")
    return { status: 400, message: "anthropic-version: header is required" };
  if (key !== undefined && key !== vendorKey) return { status: 401, message: `invalid x-api-key: ${key}` };
  if (isAnthropic(request) && key === undefined) return { status: 401, message: "x-api-key header is required" };
  if (body.model === "no-such-model") return { status: 404, message: "model: no-such-model" };
  if (typeof body.max_tokens !== "number") return { status: 400, message: "max_tokens: Field required" };
  if (body.stream === true || prompt === "") return { status: 400, message: "one message with a text is wanted" };
  if (!schemaOf(request)) return { status: 400, message: "no JSON schema was given" };
  return undefined;
}

/** output_config.format of Anthropic, response_format of OpenAI. */
function schemaOf({ body }: VendorRequest): boolean {
  const text = JSON.stringify(body.output_config ?? body.response_format ?? {});
  return text.includes('"json_schema"') && text.includes('"properties"');
}

function sendError(
  request: VendorRequest,
  outgoing: ServerResponse,
  { status, retryAfter, message = "overloaded" }: { status: number; retryAfter?: string; message?: string },
): void {
  const type = status === 429 ? "rate_limit_error" : status >= 500 ? "api_error" : "invalid_request_error";
  const body = isAnthropic(request)
    ? { type: "error", error: { type, message }, request_id: "req_test" }
    : { error: { message, type, param: null, code: null } };
  outgoing.writeHead(status, { "content-type": "application/json", ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }) });
  outgoing.end(JSON.stringify(body));
}

function answer(request: VendorRequest, outgoing: ServerResponse, scripted: Scripted): void {
  if ("hang" in scripted) return;
  if ("status" in scripted) {
    sendError(request, outgoing, scripted);
    return;
  }
  if ("reset" in scripted) {
    if (scripted.reset === "before") outgoing.destroy();
    else {
      outgoing.writeHead(200, { "content-type": "application/json", "content-length": "10000" });
      outgoing.write('{"id":"msg_', () => outgoing.destroy());
    }
    return;
  }
  const body =
    "raw" in scripted
      ? scripted.raw
      : JSON.stringify(isAnthropic(request) ? messageOf(request, scripted) : completionOf(request, scripted));
  outgoing.writeHead(200, { "content-type": "application/json", "request-id": "req_test", "set-cookie": "session=secret" });
  outgoing.end(body);
}

type Said = Extract<Scripted, { say: unknown } | { refuse: string } | { cut: string }>;

function messageOf({ body }: VendorRequest, said: Said): unknown {
  const usage = usageOf(said);
  return {
    id: "msg_01test",
    type: "message",
    role: "assistant",
    model: body.model,
    content: "refuse" in said ? [] : [{ type: "text", text: textOf(said) }],
    stop_reason: "refuse" in said ? "refusal" : "cut" in said ? "max_tokens" : "end_turn",
    stop_sequence: null,
    stop_details: "refuse" in said ? { type: "refusal", category: null, explanation: said.refuse } : null,
    usage: usage && {
      input_tokens: usage.input,
      output_tokens: usage.output,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      service_tier: "standard",
    },
  };
}

function completionOf({ body }: VendorRequest, said: Said): unknown {
  const usage = usageOf(said);
  return {
    id: "chatcmpl-test",
    object: "chat.completion",
    created: 1_790_000_000,
    model: body.model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "refuse" in said ? null : textOf(said), refusal: "refuse" in said ? said.refuse : null },
        logprobs: null,
        finish_reason: "cut" in said ? "length" : "stop",
      },
    ],
    usage: usage && { prompt_tokens: usage.input, completion_tokens: usage.output, total_tokens: usage.input + usage.output },
  };
}

const usualUsage: Usage = { input: 3_000, output: 5_000 };

function usageOf(said: Said): Usage | undefined {
  if (!("say" in said) || said.usage === undefined) return usualUsage;
  return said.usage === "none" ? undefined : said.usage;
}

function textOf(said: Said): string {
  if ("cut" in said) return said.cut;
  return "say" in said && typeof said.say === "string" ? said.say : JSON.stringify("say" in said ? said.say : "");
}
