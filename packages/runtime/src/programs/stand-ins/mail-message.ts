/** A message as a mail catcher tells it: RFC 5322 headers, and the text and HTML of its MIME parts (RFC 2045). */
export interface MailMessage {
  readonly id: string;
  readonly receivedAt: Date;
  /** Of the SMTP envelope. */
  readonly from: string;
  readonly to: readonly string[];
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** What follows the headers, as it came. */
  readonly body: string;
  readonly raw: string;
}

export interface ReceivedMail {
  readonly id: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
}

export function readMessage({ id, from, to, raw }: ReceivedMail): MailMessage {
  const { headers, body } = splitEntity(raw);
  const parts = textParts(raw, 0);
  const subject = decodeWords(first(headers, "subject"));
  return { id, receivedAt: new Date(), from, to, headers, subject, text: parts.text, html: parts.html, body, raw };
}

export interface Address {
  readonly name: string;
  readonly address: string;
}

/** `"A, B" <a@x>, c@y` -> two addresses. */
export function addressesOf(header: string | undefined): readonly Address[] {
  const written = (header ?? "").match(/(?:"[^"]*"|[^,"])+/g) ?? [];
  return written.flatMap((one) => {
    const match = /^\s*(.*?)\s*<([^>]*)>\s*$/.exec(one);
    if (match) return [{ name: decodeWords((match[1] ?? "").replace(/^"|"$/g, "")), address: match[2] ?? "" }];
    return one.trim() === "" ? [] : [{ name: "", address: one.trim() }];
  });
}

interface Entity {
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}

function splitEntity(raw: string): Entity {
  const end = raw.search(/\r?\n\r?\n/);
  const head = end < 0 ? raw : raw.slice(0, end);
  const headers: Record<string, string[]> = {};
  for (const line of head.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
    const at = line.indexOf(":");
    if (at <= 0) continue;
    const name = line.slice(0, at);
    headers[name] = [...(headers[name] ?? []), line.slice(at + 1).trim()];
  }
  return { headers, body: end < 0 ? "" : raw.slice(end).replace(/^\r?\n\r?\n/, "") };
}

export function first(headers: MailMessage["headers"], name: string): string {
  const key = Object.keys(headers).find((one) => one.toLowerCase() === name);
  return (key === undefined ? undefined : headers[key]?.[0]) ?? "";
}

/** A message inside a message inside a message is not what tests send. */
const deepestPart = 8;

function textParts(raw: string, depth: number): { text: string; html: string } {
  const { headers, body } = splitEntity(raw);
  const type = first(headers, "content-type");
  const boundary = /boundary="?([^";]+)"?/i.exec(type)?.[1];
  if (/^multipart\//i.test(type) && boundary !== undefined && depth < deepestPart) {
    const inner = body
      .split(`--${boundary}`)
      .slice(1)
      .filter((part) => !part.startsWith("--"));
    const read = inner.map((part) => textParts(part.replace(/^\r?\n/, "").replace(/\r?\n$/, ""), depth + 1));
    return { text: read.map(({ text }) => text).join(""), html: read.map(({ html }) => html).join("") };
  }
  if (/^attachment/i.test(first(headers, "content-disposition"))) return { text: "", html: "" };
  const decoded = decodeBody(body, first(headers, "content-transfer-encoding").toLowerCase());
  if (/^text\/html/i.test(type)) return { text: "", html: decoded };
  return { text: type === "" || /^text\/plain/i.test(type) ? decoded : "", html: "" };
}

function decodeBody(body: string, encoding: string): string {
  if (encoding === "base64") return Buffer.from(body, "base64").toString("utf8");
  // SMTP bytes were read as latin1, so that none is lost.
  if (encoding === "quoted-printable") return quotedPrintable(body.replace(/=\r?\n/g, ""));
  return Buffer.from(body, "latin1").toString("utf8");
}

function quotedPrintable(text: string): string {
  const bytes = text.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** RFC 2047: `=?UTF-8?Q?caf=C3=A9?=`. */
function decodeWords(text: string): string {
  return text
    .replace(/\?=\s+=\?/g, "?==?")
    .replace(/=\?[^?]+\?([BbQq])\?([^?]*)\?=/g, (_, kind: string, word: string) =>
      kind.toUpperCase() === "B" ? Buffer.from(word, "base64").toString("utf8") : quotedPrintable(word.replaceAll("_", " ")),
    );
}
