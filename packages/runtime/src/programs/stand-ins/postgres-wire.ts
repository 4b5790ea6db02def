import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

/**
 * As much of PostgreSQL's protocol 3 as small commands need: log in (trust, clear text, MD5, SCRAM-SHA-256), run
 * statements by the simple query protocol, send COPY data. PostgreSQL documentation, chapter "Frontend/Backend Protocol".
 */
export interface WireOptions {
  /** A folder (starting with /) holds the server's socket; else a name or address. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password?: string;
  readonly timeoutMs: number;
}

export interface WireAnswer {
  readonly rows: readonly (readonly (string | null)[])[];
  readonly tags: readonly string[];
}

export class WireError extends Error {
  /** SQLSTATE; undefined when it is not the server's error. */
  readonly code: string | undefined;

  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

interface Message {
  readonly type: string;
  readonly body: Buffer;
}

export class WireConnection {
  readonly #socket: Socket;
  readonly #messages: AsyncGenerator<Message>;
  readonly #onNotice: (text: string) => void;

  private constructor(socket: Socket, onNotice: (text: string) => void) {
    this.#socket = socket;
    this.#messages = messagesOf(socket);
    this.#onNotice = onNotice;
  }

  static async open(options: WireOptions, onNotice: (text: string) => void = () => {}): Promise<WireConnection> {
    const { host, port, timeoutMs } = options;
    const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect({ host, port });
    socket.setTimeout(timeoutMs, () => socket.destroy(new WireError(`no answer within ${timeoutMs} ms`)));
    const connection = new WireConnection(socket, onNotice);
    await connection.#logIn(options);
    // A statement may take as long as it needs.
    socket.setTimeout(0);
    return connection;
  }

  async query(sql: string, copyData?: string): Promise<WireAnswer> {
    this.#send("Q", cString(sql));
    const rows: (string | null)[][] = [];
    const tags: string[] = [];
    let failure: WireError | undefined;
    for (;;) {
      const { type, body } = await this.#next();
      if (type === "D") rows.push(dataRow(body));
      else if (type === "C") tags.push(body.toString("utf8", 0, body.length - 1));
      else if (type === "E") failure = errorOf(body);
      else if (type === "N") this.#onNotice(errorOf(body).message);
      else if (type === "G") this.#copy(copyData);
      else if (type === "Z") break;
    }
    if (failure !== undefined) throw failure;
    return { rows, tags };
  }

  close(): void {
    this.#send("X", Buffer.alloc(0));
    this.#socket.end();
  }

  #copy(data: string | undefined): void {
    if (data === undefined) this.#send("f", cString("no data was given"));
    else {
      this.#send("d", Buffer.from(data));
      this.#send("c", Buffer.alloc(0));
    }
  }

  async #logIn(options: WireOptions): Promise<void> {
    const parameters = ["user", options.user, "database", options.database, "client_encoding", "UTF8", ""].map((word) => cString(word));
    this.#socket.write(withLength(Buffer.concat([int32(196_608), ...parameters])));
    const scram = new ScramClient(options.password ?? "");
    for (;;) {
      const { type, body } = await this.#next();
      if (type === "E") throw errorOf(body);
      if (type === "Z") return;
      if (type === "R") this.#authenticate(body, options, scram);
    }
  }

  #authenticate(body: Buffer, options: WireOptions, scram: ScramClient): void {
    const answer = answerTo(body, options, scram);
    if (answer !== undefined) this.#send("p", answer);
  }

  async #next(): Promise<Message> {
    const { value, done } = await this.#messages.next();
    if (done) throw new WireError("the server closed the connection");
    return value;
  }

  #send(type: string, body: Buffer): void {
    this.#socket.write(Buffer.concat([Buffer.from(type), withLength(body)]));
  }
}

/** To an authentication request; undefined when the server is content. */
function answerTo(body: Buffer, options: WireOptions, scram: ScramClient): Buffer | undefined {
  const password = options.password ?? "";
  switch (body.readInt32BE(0)) {
    case 3:
      return cString(password);
    case 5:
      return cString(`md5${md5(Buffer.concat([Buffer.from(md5(Buffer.from(password + options.user))), body.subarray(4, 8)]))}`);
    case 10: {
      const first = Buffer.from(scram.first());
      return Buffer.concat([cString("SCRAM-SHA-256"), int32(first.length), first]);
    }
    case 11:
      return Buffer.from(scram.final(body.toString("utf8", 4)));
    default:
      return undefined;
  }
}

async function* messagesOf(socket: Socket): AsyncGenerator<Message> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5) {
      const end = 1 + rest.readInt32BE(1);
      if (rest.length < end) break;
      yield { type: String.fromCharCode(rest[0] ?? 0), body: rest.subarray(5, end) };
      rest = rest.subarray(end);
    }
  }
}

/** RFC 5802 and 7677, without channel binding. */
class ScramClient {
  readonly #password: string;
  readonly #nonce = randomBytes(18).toString("base64");

  constructor(password: string) {
    this.#password = password;
  }

  first(): string {
    return `n,,n=,r=${this.#nonce}`;
  }

  final(serverFirst: string): string {
    const fields = Object.fromEntries(serverFirst.split(",").map((part) => [part.slice(0, 1), part.slice(2)]));
    const salted = pbkdf2Sync(this.#password.normalize("NFKC"), Buffer.from(fields.s ?? "", "base64"), Number(fields.i), 32, "sha256");
    const clientKey = hmac(salted, "Client Key");
    const withoutProof = `c=biws,r=${fields.r}`;
    const signed = `n=,r=${this.#nonce},${serverFirst},${withoutProof}`;
    const signature = hmac(createHash("sha256").update(clientKey).digest(), signed);
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
    return `${withoutProof},p=${proof.toString("base64")}`;
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function md5(data: Buffer): string {
  return createHash("md5").update(data).digest("hex");
}

function dataRow(body: Buffer): (string | null)[] {
  const values: (string | null)[] = [];
  let at = 2;
  for (let left = body.readInt16BE(0); left > 0; left--) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : body.toString("utf8", at, at + length));
    at += Math.max(length, 0);
  }
  return values;
}

function errorOf(body: Buffer): WireError {
  const fields = new Map<string, string>();
  for (const part of body.toString("utf8").split("\0")) if (part !== "") fields.set(part.slice(0, 1), part.slice(1));
  return new WireError(`${fields.get("S") ?? "ERROR"}: ${fields.get("M") ?? "unknown"}`, fields.get("C"));
}

function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

function withLength(body: Buffer): Buffer {
  return Buffer.concat([int32(body.length + 4), body]);
}
