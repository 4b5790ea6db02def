import { Problem } from "@dojang/model";
import { z } from "zod";
import { type HttpAnswer, httpPost } from "./http-post.ts";
import type { ModelConnection } from "./model-connection.ts";
import { keepAnswer, parseJson, type RecordedRequest, readAnswer, requestHash } from "./recorded-answers.ts";
import type { Tokens } from "./spending.ts";

/**
 * The fetch of one call: answered from the records, or sent when that is allowed, and recorded before anyone sees it. What happened is noted,
 * for the library on top of it throws errors of its own.
 */
export interface ExchangeNote {
  request?: RecordedRequest;
  replayed?: boolean;
  status?: number;
  retryAfterMs?: number;
  /** What it took, as the answer says. */
  tokens?: Tokens;
  /** The most that it can have taken. */
  worst?: Tokens;
  /** The model's own words that it will not. */
  refusal?: string;
  /** What the server said when it was no answer. */
  said?: string;
  failure?: unknown;
}

export interface ExchangeOptions {
  readonly connection: ModelConnection;
  readonly promptName: string;
  readonly maxOutputTokens: number;
  /** Throws when a call that may take this much is not allowed. */
  readonly allow: (worst: Tokens) => void;
  readonly note: ExchangeNote;
}

/** A token is a byte at least. What vendors add themselves (the schema, in words) is counted by this. */
const hiddenInputTokens = 4_000;

export function exchangeFetch(options: ExchangeOptions): typeof globalThis.fetch {
  return async (input, init) => {
    try {
      return await exchange(options, new URL(String(input)), init ?? {});
    } catch (error) {
      options.note.failure = error;
      throw error;
    }
  };
}

async function exchange(
  { connection, promptName, maxOutputTokens, allow, note }: ExchangeOptions,
  url: URL,
  init: RequestInit,
): Promise<Response> {
  const body = String(init.body);
  const request: RecordedRequest = { method: "POST", path: url.pathname, body: parseJson(body) };
  note.request = request;
  const kept = await readAnswer(connection.records, request);
  if (kept !== undefined) {
    note.replayed = true;
    note.status = kept.status;
    noteAnswer(note, kept.body);
    return Response.json(kept.body, { status: kept.status });
  }
  if (connection.replayOnly) throw notRecorded(connection, { request, promptName });
  const worst = { input: Buffer.byteLength(body) + hiddenInputTokens, output: maxOutputTokens };
  allow(worst);
  note.worst = worst;
  const signals = [AbortSignal.timeout(connection.timeoutMs), ...(init.signal ? [init.signal] : [])];
  const headers = Object.fromEntries(new Headers(init.headers));
  const answer = await httpPost({ url, headers, body, signal: AbortSignal.any(signals) });
  note.status = answer.status;
  const parsed = parseJson(answer.body);
  if (answer.status === 200 && typeof parsed === "object" && parsed !== null) {
    await keepAnswer(connection.records, request, { status: 200, headers: answer.headers, body: parsed });
    noteAnswer(note, parsed);
  } else {
    note.said = withoutKey(saidOf(answer, parsed), connection.key);
    note.retryAfterMs = retryAfterMs(answer.headers["retry-after"], Date.now());
  }
  // 204 and 304 may have no body, and are no answer anyway.
  const status = answer.status < 200 || answer.status === 204 || answer.status === 304 ? 502 : answer.status;
  return new Response(answer.body, { status, headers: { "content-type": answer.headers["content-type"] ?? "application/json" } });
}

/** Messages of Anthropic, and chat completions of OpenAI's format. */
const usageSchemas = {
  anthropic: z.object({
    usage: z.object({
      input_tokens: z.number(),
      output_tokens: z.number(),
      cache_creation_input_tokens: z.number().nullish(),
      cache_read_input_tokens: z.number().nullish(),
    }),
  }),
  "openai-compatible": z.object({ usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }) }),
};

const refusalSchema = z.object({ choices: z.array(z.object({ message: z.object({ refusal: z.string().min(1) }) })).min(1) });

function noteAnswer(note: ExchangeNote, body: unknown): void {
  note.tokens = tokensOf(body);
  note.refusal = refusalSchema.safeParse(body).data?.choices[0]?.message.refusal;
}

/** Nothing when the answer does not say. */
function tokensOf(body: unknown): Tokens | undefined {
  const ofAnthropic = usageSchemas.anthropic.safeParse(body).data?.usage;
  if (ofAnthropic !== undefined) {
    const { input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens } = ofAnthropic;
    return { input: input_tokens + (cache_creation_input_tokens ?? 0) + (cache_read_input_tokens ?? 0), output: output_tokens };
  }
  const usage = usageSchemas["openai-compatible"].safeParse(body).data?.usage;
  return usage && { input: usage.prompt_tokens, output: usage.completion_tokens };
}

const errorSchema = z.object({ error: z.union([z.string(), z.object({ message: z.string() }).transform((one) => one.message)]) });

function saidOf({ status, body }: HttpAnswer, parsed: unknown): string {
  const said = errorSchema.safeParse(parsed).data?.error ?? body;
  return `${status}${said.trim() === "" ? "" : `: ${said.trim().slice(0, 300)}`}`;
}

/** Vendors repeat a key that they refuse. */
export function withoutKey(text: string, key: string | undefined): string {
  return key === undefined ? text : text.replaceAll(key, "[key]").replaceAll(/\b(sk|key)-[\w*-]{6,}/g, "[key]");
}

/** RFC 9110, 10.2.3: seconds or a date. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : undefined;
}

function notRecorded(
  { records, model }: ModelConnection,
  { request, promptName }: { request: RecordedRequest; promptName: string },
): Problem {
  return new Problem({
    code: "replay-unknown",
    exit: "configuration",
    message: `there is no recorded answer ${requestHash(request)}.json: ${promptName} asked of ${model}, POST ${request.path}`,
    fix: "run the same command with --record instead of --replay, or give the flags that were given when it was recorded",
    place: { file: records },
  });
}
