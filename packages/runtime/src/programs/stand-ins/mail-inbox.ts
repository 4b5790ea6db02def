import { addressesOf, first, type MailMessage } from "./mail-message.ts";

export type MailDialect = "mailhog" | "mailpit" | "maildev";

export interface InboxAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What tests ask of a mail catcher, in the words of the one whose image was asked for. Pure but for `clear`. */
export function answerInbox(
  request: { readonly method: string; readonly url: string },
  inbox: { readonly dialect: MailDialect; readonly messages: readonly MailMessage[]; readonly clear: (id?: string) => void },
): InboxAnswer {
  const { pathname, searchParams } = new URL(request.url, "http://inbox");
  const start = Number(searchParams.get("start") ?? 0) || 0;
  const limit = Number(searchParams.get("limit") ?? 50) || 50;
  const newestFirst = inbox.messages.toReversed();
  const page = newestFirst.slice(start, start + limit);
  const path = pathname.replace(/(.)\/$/, "$1");
  if (request.method === "DELETE") return remove(path, inbox);
  if (/^\/(livez|readyz|healthz|)$/.test(path)) return { status: 200, body: "ok" };
  if (path === "/api/v2/messages") {
    return { status: 200, body: { total: newestFirst.length, count: page.length, start, items: page.map(asMailhog) } };
  }
  if (path === "/api/v1/messages" && inbox.dialect === "mailhog") return { status: 200, body: newestFirst.map(asMailhog) };
  if (path === "/api/v1/messages") {
    const total = newestFirst.length;
    const counts = { total, unread: total, count: page.length, messages_count: total, start, tags: [] };
    return { status: 200, body: { ...counts, messages: page.map(asMailpit) } };
  }
  // MailDev lists in the order in which they came.
  if (path === "/email") return { status: 200, body: inbox.messages.map(asMaildev) };
  const [, kind, id] = /^(\/email|\/api\/v1\/messages?)\/([^/]+)$/.exec(path) ?? [];
  const message = id === "latest" ? newestFirst[0] : inbox.messages.find((one) => one.id === id);
  if (kind === undefined || message === undefined) return { status: 404, body: { error: `nothing at ${path}` } };
  if (kind === "/email") return { status: 200, body: asMaildev(message) };
  const whole = { ...asMailpit(message), Text: message.text, HTML: message.html };
  return { status: 200, body: kind === "/api/v1/message" ? whole : asMailhog(message) };
}

function remove(path: string, { clear }: { readonly clear: (id?: string) => void }): InboxAnswer {
  const id = /^(?:\/email|\/api\/v1\/messages)\/([^/]+)$/.exec(path)?.[1];
  if (!/^\/(email|api\/v1\/messages)(\/|$)/.test(path)) return { status: 404, body: { error: `nothing at ${path}` } };
  clear(id === "all" ? undefined : id);
  return { status: 200, body: "ok" };
}

function asMailhog(message: MailMessage) {
  const path = (address: string) => {
    const [mailbox = "", domain = ""] = address.split("@");
    return { Relays: null, Mailbox: mailbox, Domain: domain, Params: "" };
  };
  return {
    ID: message.id,
    From: path(message.from),
    To: message.to.map(path),
    Content: { Headers: message.headers, Body: message.body, Size: message.raw.length, MIME: null },
    Created: message.receivedAt.toISOString(),
    MIME: null,
    Raw: { From: message.from, To: message.to, Data: message.raw, Helo: "" },
  };
}

function asMailpit(message: MailMessage) {
  const capitals = (header: string) =>
    addressesOf(first(message.headers, header)).map(({ name, address }) => ({ Name: name, Address: address }));
  return {
    ID: message.id,
    MessageID: first(message.headers, "message-id").replace(/^<|>$/g, ""),
    Read: false,
    From: capitals("from")[0] ?? { Name: "", Address: message.from },
    To: capitals("to"),
    Cc: capitals("cc"),
    Bcc: [],
    ReplyTo: capitals("reply-to"),
    Subject: message.subject,
    Created: message.receivedAt.toISOString(),
    Tags: [],
    Size: message.raw.length,
    Attachments: 0,
    Snippet: message.text.replace(/\s+/g, " ").trim().slice(0, 250),
  };
}

function asMaildev(message: MailMessage) {
  const lower = Object.fromEntries(Object.entries(message.headers).map(([name, values]) => [name.toLowerCase(), values[0]]));
  const addresses = (header: string) => addressesOf(first(message.headers, header));
  return {
    id: message.id,
    subject: message.subject,
    from: addresses("from"),
    to: addresses("to"),
    headers: lower,
    text: message.text,
    html: message.html,
    messageId: first(message.headers, "message-id"),
    date: first(message.headers, "date"),
    time: message.receivedAt.toISOString(),
    read: false,
    envelope: { from: { address: message.from }, to: message.to.map((address) => ({ address })), host: "", remoteAddress: "" },
  };
}
