import { setTimeout as wait } from "node:timers/promises";
import { Problem } from "@dojang/model";
import { z } from "zod";
import type { Finding } from "./finding.ts";
import { ExchangeBroken } from "./http-post.ts";
import { type Generated, generateObject } from "./language-model.ts";
import type { ModelConnection } from "./model-connection.ts";
import { type ExchangeNote, exchangeFetch, withoutKey } from "./model-exchange.ts";
import { forgetAnswer, requestHash } from "./recorded-answers.ts";
import { BudgetReached, type Spending } from "./spending.ts";

export interface AskOptions<Value> {
  readonly connection: ModelConnection;
  readonly spending: Spending;
  readonly schema: z.ZodType<Value>;
  readonly schemaName: string;
  readonly promptName: string;
  readonly prompt: string;
  readonly maxOutputTokens: number;
  /** Before the second try when the server does not say how long; twice as long before each further one. */
  readonly retryWaitMs: number;
  readonly signal: AbortSignal;
  /** A line on what is waited for. */
  tell(line: string): void;
}

export type ModelAnswer<Value> =
  | { readonly kind: "answer"; readonly value: Value; readonly text: string }
  /** Not of the shape that was asked for. */
  | { readonly kind: "malformed"; readonly text: string; readonly findings: readonly Finding[] }
  /** The model will not. */
  | { readonly kind: "refused"; readonly message: string };

const tries = 4;
const longestWaitMs = 120_000;

/**
 * One question, one answer of a shape. What a server or the network fails at is tried again; what was taken, or may have been, is counted each time.
 * Throws BudgetReached before a call that the cap does not allow, and a Problem when there is no answer to be had.
 */
export async function askModel<Value>(options: AskOptions<Value>): Promise<ModelAnswer<Value>> {
  for (let attempt = 1; ; attempt++) {
    options.signal.throwIfAborted();
    const note: ExchangeNote = {};
    const generated = await tryOnce(options, note);
    count(options.spending, note);
    if (!(generated instanceof Error)) return readGenerated(options, generated, note);
    if (note.failure instanceof BudgetReached || note.failure instanceof Problem) throw note.failure;
    options.signal.throwIfAborted();
    // Recorded as an answer, and none after all.
    if (note.request !== undefined && note.status === 200 && !note.replayed) await forgetAnswer(options.connection.records, note.request);
    const failed = failureOf(options, note, generated);
    const waitMs = note.retryAfterMs ?? options.retryWaitMs * 2 ** (attempt - 1);
    if (!failed.again || attempt === tries || waitMs > longestWaitMs) throw failed.problem(attempt, waitMs);
    options.tell(`${failed.message}; trying again in ${(waitMs / 1000).toFixed(1)} s`);
    await wait(waitMs, undefined, { signal: options.signal });
  }
}

async function tryOnce<Value>(options: AskOptions<Value>, note: ExchangeNote): Promise<Generated | Error> {
  const { connection, spending, promptName, maxOutputTokens } = options;
  const fetch = exchangeFetch({ connection, promptName, maxOutputTokens, note, allow: (worst) => spending.allow(worst) });
  try {
    return await generateObject(connection, { ...options, fetch });
  } catch (error) {
    // Before anything was asked: our own mistake, or the library's.
    if (note.request === undefined) throw error;
    return error instanceof Error ? error : new Error(String(error));
  }
}

function count(spending: Spending, { request, replayed, status, tokens, worst, failure }: ExchangeNote): void {
  const uncertain = tokens === undefined;
  if (request !== undefined && status === 200)
    spending.addAnswer(requestHash(request), tokens ?? worst ?? { input: 0, output: 0 }, { uncertain, earlier: replayed });
  else if (failure instanceof ExchangeBroken && failure.delivered && worst !== undefined) spending.add(worst, { uncertain: true });
}

function readGenerated<Value>(
  { schema, maxOutputTokens }: AskOptions<Value>,
  { text, finish }: Generated,
  { refusal }: ExchangeNote,
): ModelAnswer<Value> {
  if (refusal !== undefined) return { kind: "refused", message: refusal.slice(0, 500) };
  if (finish === "content-filter") return { kind: "refused", message: text.trim().slice(0, 500) || "it gave no reason" };
  const malformed = (message: string, place = "answer") => ({ kind: "malformed" as const, text, findings: [{ place, message }] });
  if (finish === "length") return malformed(`it was cut off after ${maxOutputTokens} tokens: answer with less`);
  const json = unfenced(text);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return malformed(`it is no JSON: ${error instanceof Error ? error.message.slice(0, 300) : error}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { kind: "answer", value: parsed.data, text: json };
  const findings = parsed.error.issues.map((issue) => ({ place: z.core.toDotPath(issue.path) || "answer", message: issue.message }));
  return { kind: "malformed", text, findings };
}

/** Models without a grammar like to put JSON into a block of Markdown. */
function unfenced(text: string): string {
  return /^\s*```(?:json)?\n(.*)\n```\s*$/s.exec(text)?.[1] ?? text;
}

interface Failure {
  readonly again: boolean;
  readonly message: string;
  problem(attempts: number, waitMs: number): Problem;
}

const passing = new Set([408, 409, 425, 429]);

function failureOf(
  { connection, promptName }: AskOptions<unknown>,
  { status, said, failure, retryAfterMs, replayed }: ExchangeNote,
  error: Error,
): Failure {
  const { host } = connection.baseUrl;
  const clean = (text: string) => withoutKey(text, connection.key);
  const make = (again: boolean, { code, message, fix }: { code: string; message: string; fix: string }): Failure => ({
    again,
    message: clean(message),
    problem: (attempts, waitMs) =>
      new Problem({
        code,
        exit: code === "model-unknown" ? "configuration" : "infrastructure",
        message: clean(
          `${promptName}: ${message}${attempts > 1 ? `, after ${attempts} tries` : ""}${again && waitMs > longestWaitMs ? `; it asks to wait ${Math.ceil(waitMs / 1000)} s` : ""}`,
        ),
        fix: `${fix}; what was answered before is kept, and the same command goes on with it`,
      }),
  });
  if (failure !== undefined) {
    const why = failure instanceof Error ? failure.message : String(failure);
    return make(true, {
      code: "model-unreachable",
      message: `${host} did not answer: ${why}`,
      fix: "see that the address is right and can be reached",
    });
  }
  if (status === 401 || status === 403)
    return make(false, {
      code: "model-key-refused",
      message: `${host} refuses the key (${said})`,
      fix: "set the variable of the key to one that may use this model",
    });
  if (status === 404)
    return make(false, {
      code: "model-unknown",
      message: `${host} does not know ${connection.model} (${said})`,
      fix: "give --model and --base-url as the vendor writes them",
    });
  if (status !== undefined && (status >= 500 || passing.has(status)))
    return make(true, {
      code: "model-busy",
      message: `${host} answered ${said}`,
      fix: retryAfterMs === undefined ? "try again later" : "wait as long as it says",
    });
  if (status === 200)
    return make(!replayed, {
      code: "model-answer",
      message: `${host} answered something else than this provider does: ${error.message.slice(0, 300)}`,
      fix: "see that --provider and --base-url belong together",
    });
  return make(false, {
    code: "model-request-refused",
    message: `${host} refuses the request (${said})`,
    fix: "see what it says; a smaller --max-output may help",
  });
}
