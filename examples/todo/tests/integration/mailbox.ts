import { type Mail, mailsIn, mailsRequest } from "../delivered-mails.ts";
import { waitUntil } from "./wait-until.ts";

export async function mailsTo(address: string): Promise<Mail[]> {
  const { url, body } = mailsRequest(address);
  const response = await fetch(url, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return mailsIn(await response.json());
}

export async function firstMailTo(address: string): Promise<Mail> {
  return waitUntil(`a mail to ${address}`, async () => (await mailsTo(address))[0]);
}
