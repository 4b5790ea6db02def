import { mailUrl } from "./todo-client.ts";
import { waitUntil } from "./wait-until.ts";

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly traceparent?: string;
}

export async function mailsTo(address: string): Promise<Mail[]> {
  const response = await fetch(`${mailUrl}/messages?to=${encodeURIComponent(address)}`);
  if (!response.ok) throw new Error(`GET /messages answered ${response.status}`);
  // The stand-in's answer, as src/mail/mail-application.ts makes it.
  return ((await response.json()) as { messages: Mail[] }).messages;
}

export async function firstMailTo(address: string): Promise<Mail> {
  return waitUntil(`a mail to ${address}`, async () => (await mailsTo(address))[0]);
}
