import { traceHeaders } from "../telemetry/trace-context.ts";

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** `later`: not now, try again. `refused`: the mail system will never take this one. */
export type MailOutcome = { readonly kind: "sent" } | { readonly kind: "later" | "refused"; readonly reason: string };

export interface MailClient {
  send(mail: Mail, idempotencyKey: string): Promise<MailOutcome>;
}

const timeoutMs = 5_000;

export function createMailClient(url: string): MailClient {
  return {
    send: async (mail, idempotencyKey) => {
      try {
        const response = await fetch(`${url}/messages`, {
          method: "POST",
          headers: { "content-type": "application/json", "idempotency-key": idempotencyKey, ...traceHeaders() },
          body: JSON.stringify(mail),
          signal: AbortSignal.timeout(timeoutMs),
        });
        const reason = `${response.status} ${(await response.text()).slice(0, 300)}`;
        if (response.ok) return { kind: "sent" };
        const temporary = response.status >= 500 || response.status === 408 || response.status === 429;
        return { kind: temporary ? "later" : "refused", reason };
      } catch (error) {
        return { kind: "later", reason: describe(error) };
      }
    },
  };
}

/** fetch says "fetch failed" and keeps the reason in `cause`. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
