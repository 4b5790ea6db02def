import { Problem } from "@dojang/model";

export const providers = ["anthropic", "openai-compatible"] as const;
export type ProviderName = (typeof providers)[number];

/** Which model is asked, where, and where its answers are kept. */
export interface ModelConnection {
  readonly provider: ProviderName;
  readonly model: string;
  readonly baseUrl: URL;
  /** Sent as the provider wants it; none for an endpoint that asks for none. */
  readonly key?: string;
  readonly records: string;
  /** Only what is recorded is answered; nothing is sent. */
  readonly replayOnly: boolean;
  readonly timeoutMs: number;
}

export interface ConnectionAsked {
  readonly provider: ProviderName;
  readonly model: string;
  readonly baseUrl?: string;
  readonly keyFrom?: string;
  readonly records: string;
  readonly replayOnly: boolean;
  readonly timeoutMs: number;
}

const homes: Readonly<Record<ProviderName, { readonly url: string; readonly variable: string }>> = {
  anthropic: { url: "https://api.anthropic.com/v1", variable: "ANTHROPIC_API_KEY" },
  "openai-compatible": { url: "https://api.openai.com/v1", variable: "OPENAI_API_KEY" },
};

/** A key comes from a variable and from nowhere else. A vendor's own variable is read for the vendor's own address alone, or where that is asked for: another address is not told it. */
export function openConnection(asked: ConnectionAsked, environment: Readonly<Record<string, string | undefined>>): ModelConnection {
  const home = homes[asked.provider];
  const baseUrl = parseBaseUrl(asked.baseUrl ?? home.url);
  const { provider, model, records, replayOnly, timeoutMs } = asked;
  const connection = { provider, model, baseUrl, records, replayOnly, timeoutMs };
  const variable = asked.keyFrom ?? (baseUrl.host === new URL(home.url).host ? home.variable : undefined);
  if (replayOnly || variable === undefined) return connection;
  const key = environment[variable]?.trim();
  if (!key)
    throw new Problem({
      code: "model-no-key",
      exit: "configuration",
      message: `${variable} is not set, from which the key for ${baseUrl.host} is read`,
      fix: `export ${variable}=…, or name another variable with --key-from; for a model on this machine give --base-url http://127.0.0.1:11434/v1`,
    });
  if (baseUrl.protocol !== "https:" && !isLoopback(baseUrl.hostname))
    throw new Problem({
      code: "model-key-in-the-clear",
      exit: "refused",
      message: `the key of ${variable} would go to ${baseUrl.host} unencrypted`,
      fix: "give --base-url an https:// address, or leave out --key-from",
    });
  return { ...connection, key };
}

function parseBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "" && url.search === "") return url;
  throw new Problem({
    code: "model-base-url",
    exit: "configuration",
    // Not the text itself, for it may hold a password.
    message: "--base-url has to be an address without a name, a password or a query",
    fix: "write it as http://127.0.0.1:11434/v1",
  });
}

const isLoopback = (hostname: string) => hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
