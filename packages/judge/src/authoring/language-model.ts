import type { z } from "zod";
import type { ModelConnection } from "./model-connection.ts";

/**
 * The one place that knows the library `ai`. It is loaded when a model is asked and not before: no other command waits for it. A model is always
 * an object of a provider's package with our own fetch; a model's name as a text would go to the library's vendor. The library
 * tries nothing again by itself, for each try has to be allowed and counted.
 */
export interface Generation {
  readonly schema: z.ZodType;
  /** Tells the model what it writes. */
  readonly schemaName: string;
  readonly prompt: string;
  readonly maxOutputTokens: number;
  readonly signal: AbortSignal;
  readonly fetch: typeof globalThis.fetch;
}

export interface Generated {
  readonly text: string;
  readonly finish: "stop" | "length" | "content-filter" | "other";
  readonly warnings: readonly string[];
}

export async function generateObject(connection: ModelConnection, generation: Generation): Promise<Generated> {
  // Warnings are told by us: the library would write them on the terminal.
  globalThis.AI_SDK_LOG_WARNINGS = false;
  const { generateText, NoObjectGeneratedError, Output } = await import("ai");
  const { schema, schemaName, prompt, maxOutputTokens, signal } = generation;
  try {
    const result = await generateText({
      model: await providerModel(connection, generation.fetch),
      output: Output.object({ schema, name: schemaName }),
      prompt,
      maxOutputTokens,
      maxRetries: 0,
      abortSignal: signal,
    });
    const warnings = result.warnings?.map((one) => ("feature" in one ? `${one.feature}: ${one.details ?? one.type}` : one.message)) ?? [];
    return { text: result.text, finish: finishOf(result.finishReason), warnings };
  } catch (error) {
    // An answer that does not fit the schema: what it is, is for the caller to say.
    if (NoObjectGeneratedError.isInstance(error)) return { text: error.text ?? "", finish: finishOf(error.finishReason), warnings: [] };
    throw error;
  }
}

async function providerModel({ provider, model, baseUrl, key }: ModelConnection, fetch: typeof globalThis.fetch) {
  const baseURL = baseUrl.href.replace(/\/$/, "");
  if (provider === "anthropic") {
    const { createAnthropic } = await import("@ai-sdk/anthropic");
    // Without a key of ours it would look for one itself.
    return createAnthropic({ baseURL, apiKey: key ?? "none", fetch })(model);
  }
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  const transformRequestBody = baseUrl.host === "api.openai.com" ? withNewLimit : undefined;
  return createOpenAICompatible({ name: "model", baseURL, apiKey: key, fetch, supportsStructuredOutputs: true, transformRequestBody })(
    model,
  );
}

/** OpenAI's own models that think refuse `max_tokens`; other servers know nothing else. */
function withNewLimit({ max_tokens, ...body }: Record<string, unknown>): Record<string, unknown> {
  return { ...body, max_completion_tokens: max_tokens };
}

function finishOf(reason: string | undefined): Generated["finish"] {
  return reason === "stop" || reason === "length" || reason === "content-filter" ? reason : "other";
}
