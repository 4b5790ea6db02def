import type { AlertTarget } from "@dojang/model";

/** What is told to people and programs. */
export interface AlertMessage {
  readonly alert: string;
  readonly event: "raised" | "resolved";
  readonly site: string;
  /** https://todo.example */
  readonly address: string;
  readonly kind: string;
  readonly subject: string;
  readonly message: string;
  readonly raisedAt: number;
  readonly resolvedAt: number | undefined;
}

/** How a target is known in the store: without its address, which may be a secret. */
export function targetName(target: AlertTarget): string {
  return target.kind === "mail" ? `mail:${target.server}:${target.to.join(",")}` : `${target.kind}:${target.variable}`;
}

const timeoutMs = 15_000;

/** Tells one target. Throws with words that hold neither the address nor a password. */
export async function tellTarget(options: {
  readonly target: AlertTarget;
  readonly message: AlertMessage;
  /** Values of the environment's variables and secrets. */
  readonly values: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { target, message, values, signal } = options;
  const variable = target.kind === "mail" ? target.server : target.variable;
  const value = values[variable];
  if (value === undefined || value === "") throw new Error(`the variable ${variable} has no value`);
  if (!URL.canParse(value)) throw new Error(`the value of ${variable} is no address`);
  if (target.kind === "mail") return await sendMail({ target, message, server: new URL(value), signal });
  await post({ url: value, message, body: target.kind === "slack" ? { text: oneLine(message) } : webhookBody(message), signal });
}

function webhookBody(message: AlertMessage): object {
  const { raisedAt, resolvedAt, ...rest } = message;
  const iso = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());
  return { ...rest, text: oneLine(message), raisedAt: iso(raisedAt), resolvedAt: iso(resolvedAt) };
}

/** `🔴 https://todo.example: GET /health failed 3 times in a row: status 500, expected 200`, for chats and subjects of mails. */
export function oneLine({ event, address, message, raisedAt, resolvedAt }: AlertMessage): string {
  if (event === "raised") return `🔴 ${address}: ${message}`;
  const minutes = Math.max(1, Math.round(((resolvedAt ?? raisedAt) - raisedAt) / 60_000));
  return `🟢 ${address}: over after ${minutes} min: ${message}`;
}

async function post(sent: {
  readonly url: string;
  readonly message: AlertMessage;
  readonly body: object;
  readonly signal: AbortSignal;
}): Promise<void> {
  const url = new URL(sent.url);
  const { username, password } = url;
  // fetch refuses addresses with a name and a password in them, and repeats both in its error.
  url.username = "";
  url.password = "";
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const response = await fetch(url, {
    method: "POST",
    headers: {
      ...(username === "" && password === "" ? {} : { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` }),
      "content-type": "application/json",
      "user-agent": "Dojang",
      // The same for each attempt: a receiver may leave out what it has seen.
      "idempotency-key": `${sent.message.alert}-${sent.message.event}`,
    },
    body: JSON.stringify(sent.body),
    redirect: "error",
    signal: AbortSignal.any([sent.signal, AbortSignal.timeout(timeoutMs)]),
  }).catch((error: unknown) => {
    throw new Error(connectionError(error));
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`answered ${response.status}`);
}

/** Node's fetch says "fetch failed" and has the reason as its cause. */
function connectionError(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error) return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
  return String(cause);
}

interface Mail {
  readonly target: Extract<AlertTarget, { kind: "mail" }>;
  readonly message: AlertMessage;
  readonly server: URL;
  readonly signal: AbortSignal;
}

async function sendMail({ target, message, server, signal }: Mail): Promise<void> {
  if (server.protocol !== "smtp:" && server.protocol !== "smtps:") throw new Error(`the value of ${target.server} is no smtp:// address`);
  // Only who sends mail needs it.
  const { createTransport } = await import("nodemailer");
  const transport = createTransport({
    host: server.hostname,
    port: server.port === "" ? (server.protocol === "smtps:" ? 465 : 587) : Number(server.port),
    secure: server.protocol === "smtps:",
    ...(server.username === "" ? {} : { auth: { user: decodeURIComponent(server.username), pass: decodeURIComponent(server.password) } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const stop = () => transport.close();
  signal.addEventListener("abort", stop);
  try {
    signal.throwIfAborted();
    await transport.sendMail({
      from: target.from,
      to: [...target.to],
      subject: oneLine(message),
      text: mailText(message),
      messageId: `<${message.alert}.${message.event}@dojang>`,
      ...(message.event === "resolved" ? { inReplyTo: `<${message.alert}.raised@dojang>` } : {}),
    });
  } catch (error) {
    throw new Error(smtpError(error));
  } finally {
    signal.removeEventListener("abort", stop);
    transport.close();
  }
}

function mailText(message: AlertMessage): string {
  const lines = [
    oneLine(message),
    "",
    `Site: ${message.site}`,
    `Since: ${new Date(message.raisedAt).toISOString()}`,
    ...(message.resolvedAt === undefined ? [] : [`Until: ${new Date(message.resolvedAt).toISOString()}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function smtpError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? `${error.code}: ` : "";
  return `${code}${error.message}`.slice(0, 300);
}
