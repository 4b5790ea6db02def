/**
 * Where the mails to an address are asked for, and how the answer is read. Where Dojang plays the mail system, its journal knows what
 * the worker sent; with Compose alone, the stand-in lists what it took (src/mail).
 */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly traceparent?: string | undefined;
}

const playedUrl = process.env.DOJANG_MOCK_MAIL_URL;
const mailUrl = process.env.MAIL_URL ?? "http://mail:8025";

/** A question to send: with a body it is a POST. */
export function mailsRequest(address: string): { readonly url: string; readonly body?: object } {
  if (playedUrl === undefined) return { url: `${mailUrl}/messages?to=${encodeURIComponent(address)}` };
  const bodyPatterns = [{ contains: JSON.stringify(address) }];
  return { url: `${playedUrl}/__admin/requests/find`, body: { method: "POST", urlPath: "/messages", bodyPatterns } };
}

interface Sent {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A mail that was tried again is the same mail: it has the same key. */
export function mailsIn(answer: unknown): Mail[] {
  // One of the two shapes that mailsRequest asks for; a wrong one fails the test's expectations.
  const { messages, requests } = answer as { messages?: Mail[]; requests?: Sent[] };
  if (requests === undefined) return messages ?? [];
  const byKey = new Map(requests.map(({ body, headers }) => [headerOf(headers, "idempotency-key"), { body, headers }]));
  return [...byKey.values()].map(({ body, headers }) => ({ ...(JSON.parse(body) as Mail), traceparent: headerOf(headers, "traceparent") }));
}

function headerOf(headers: Sent["headers"], name: string): string | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}
