/**
 * Reads one HTTP/1.1 answer at a time off a connection, from whatever pieces the network makes of it (RFC 9112). Nothing is kept
 * of a body unless asked for. What is not HTTP is told by `garbage`, never thrown: this runs for every request.
 *
 *   head -> length | chunk-size <-> chunk-data -> trailer | until-close -> done
 */
export interface ReaderLimits {
  readonly headBytes: number;
  readonly bodyBytes: number;
  /** Of what is kept of a body. */
  readonly keptBytes: number;
}

export const defaultReaderLimits: ReaderLimits = { headBytes: 64 * 1024, bodyBytes: 256 * 1024 * 1024, keptBytes: 1024 * 1024 };

export type Progress = "more" | "done" | "garbage" | "too-large";

type State = "head" | "length" | "chunk-size" | "chunk-data" | "chunk-end" | "trailer" | "until-close" | "done";

/** What a head said. Length -1: not said. */
interface Head {
  readonly status: number;
  readonly keepAlive: boolean;
  readonly length: number;
  readonly chunked: boolean;
}

/**
 * The head that came last, shared by the connections to one server: most answers begin with the same bytes, which are compared faster
 * than read again. Heads that never repeat are soon kept no more.
 */
export class LastHead {
  #bytes: Buffer = Buffer.alloc(0);
  #head: Head | undefined;
  #misses = 0;

  /** Its end in the first `length` bytes, when they go on with it at `at`; else -1. */
  endIn(bytes: Buffer, at: number, length: number): number {
    const end = at + this.#bytes.length;
    if (this.#head === undefined || end > length || bytes.compare(this.#bytes, 0, this.#bytes.length, at, end) !== 0) return -1;
    this.#misses = 0;
    return end;
  }

  get head(): Head | undefined {
    return this.#head;
  }

  keep(bytes: Buffer, head: Head): void {
    this.#misses++;
    if (bytes.length > longestKeptHead || (this.#misses > 16 && this.#misses % 256 !== 0)) return;
    this.#bytes = Buffer.from(bytes);
    this.#head = head;
  }
}

const longestKeptHead = 2048;
const lf = 10;
const cr = 13;
const colon = 58;
const headEnd = Buffer.from("\r\n\r\n");

export class ResponseReader {
  readonly #limits: ReaderLimits;
  readonly #last: LastHead;
  #state: State = "done";
  #withoutBody = false;
  #keeps = false;
  #head: Buffer | undefined;
  #remaining = 0;
  #line = "";
  #kept: Buffer[] = [];
  #keptBytes = 0;

  status = 0;
  /** Of the body as sent, after chunks were joined. */
  bodyBytes = 0;
  keepAlive = true;
  /** The status line and headers, when `keep` was asked for. */
  headText = "";
  /** Why it is garbage: for people. */
  reason = "";

  constructor(last = new LastHead(), limits: ReaderLimits = defaultReaderLimits) {
    this.#last = last;
    this.#limits = limits;
  }

  /** Before each request. `method` HEAD has no body, whatever its headers promise. */
  begin(method: string, keep: boolean): void {
    this.#state = "head";
    this.#withoutBody = method === "HEAD";
    this.#keeps = keep;
    this.#head = undefined;
    this.#line = "";
    if (this.#keptBytes > 0) {
      this.#kept = [];
      this.#keptBytes = 0;
    }
    this.status = 0;
    this.bodyBytes = 0;
    this.keepAlive = true;
    this.headText = "";
    this.reason = "";
  }

  get body(): Buffer {
    return this.#kept.length === 1 ? (this.#kept[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#kept);
  }

  /** Whether a part of the answer came: a connection closed before that may have been idle for too long. */
  get begun(): boolean {
    return this.#state !== "head" || this.#head !== undefined;
  }

  /** Up to `length` of the bytes: a part of the buffer as an object of its own would cost more than reading it. */
  feed(bytes: Buffer, length = bytes.length): Progress {
    let at = 0;
    while (at < length) {
      switch (this.#state) {
        case "head": {
          const next = this.#feedHead(bytes, at, length);
          if (typeof next !== "number") return next;
          at = next;
          break;
        }
        case "length":
        case "until-close":
        case "chunk-data": {
          const wanted = this.#state === "until-close" ? length - at : Math.min(this.#remaining, length - at);
          if (!this.#take(bytes, at, wanted)) return "too-large";
          at += wanted;
          if (this.#state === "until-close") break;
          this.#remaining -= wanted;
          if (this.#remaining === 0) this.#state = this.#state === "length" ? "done" : "chunk-end";
          break;
        }
        case "chunk-size":
        case "chunk-end":
        case "trailer": {
          const found = bytes.indexOf(lf, at);
          const end = found < length ? found : -1;
          const stop = end === -1 ? length : end;
          if (this.#line.length + stop - at > this.#limits.headBytes) return this.#garbage("a chunk's size line without end");
          this.#line += bytes.toString("latin1", at, stop);
          at = stop + 1;
          if (end !== -1 && !this.#chunkLine()) return "garbage";
          break;
        }
        case "done":
          return this.#garbage(`${length - at} bytes after the end of the answer`);
      }
    }
    return this.#state === "done" ? "done" : "more";
  }

  /** The connection ended. */
  end(): Progress {
    if (this.#state === "until-close") this.#state = "done";
    return this.#state === "done" ? "done" : "more";
  }

  #feedHead(bytes: Buffer, at: number, length: number): number | Progress {
    if (this.#head === undefined) {
      const known = this.#last.endIn(bytes, at, length);
      if (known !== -1 && this.#last.head !== undefined) {
        if (this.#keeps) this.headText = bytes.toString("latin1", at, known - headEnd.length);
        this.#useHead(this.#last.head);
        return known;
      }
    }
    const from = this.#head === undefined ? bytes.subarray(0, length) : Buffer.concat([this.#head, bytes.subarray(at, length)]);
    const start = this.#head === undefined ? at : 0;
    const end = from.indexOf(headEnd, start);
    if (end === -1) {
      if (from.length - start > this.#limits.headBytes)
        return this.#garbage(`no end of the headers within ${this.#limits.headBytes} bytes`);
      // A copy: the network's buffer is used again for the next piece.
      this.#head = Buffer.from(from.subarray(start));
      return this.#head.length >= 5 && !this.#head.toString("latin1", 0, 5).startsWith("HTTP/")
        ? this.#garbage("the answer does not begin with HTTP/")
        : length;
    }
    const head = parseHead(from, start, end);
    if (typeof head === "string") return this.#garbage(head);
    const consumed = end + headEnd.length - (this.#head?.length ?? 0);
    this.#head = undefined;
    // Something is on its way: the answer follows.
    if (head.status < 200 && head.status !== 101) return consumed;
    this.#last.keep(from.subarray(start, end + headEnd.length), head);
    if (this.#keeps) this.headText = from.toString("latin1", start, end);
    this.#useHead(head);
    return consumed;
  }

  #useHead({ status, keepAlive, length, chunked }: Head): void {
    this.status = status;
    this.keepAlive = keepAlive;
    if (this.#withoutBody || status === 204 || status === 304) this.#state = "done";
    else if (chunked) this.#state = "chunk-size";
    else if (length >= 0) this.#begin(length);
    else {
      this.keepAlive = false;
      this.#state = "until-close";
    }
  }

  #begin(length: number): void {
    this.#remaining = length;
    this.#state = length === 0 ? "done" : "length";
  }

  #chunkLine(): boolean {
    const line = this.#line.endsWith("\r") ? this.#line.slice(0, -1) : this.#line;
    this.#line = "";
    if (this.#state === "chunk-end") {
      this.#state = "chunk-size";
      return line === "" || this.#garbage("no line end after a chunk") !== "garbage";
    }
    if (this.#state === "trailer") {
      if (line === "") this.#state = "done";
      return true;
    }
    const size = /^([0-9a-f]{1,8})\s*(;.*)?$/i.exec(line)?.[1];
    if (size === undefined) return this.#garbage(`chunk size ${JSON.stringify(line.slice(0, 40))} is no number`) !== "garbage";
    this.#remaining = Number.parseInt(size, 16);
    this.#state = this.#remaining === 0 ? "trailer" : "chunk-data";
    return true;
  }

  #take(bytes: Buffer, at: number, length: number): boolean {
    this.bodyBytes += length;
    if (this.#keeps && this.#keptBytes < this.#limits.keptBytes) {
      const part = Buffer.from(bytes.subarray(at, at + Math.min(length, this.#limits.keptBytes - this.#keptBytes)));
      this.#kept.push(part);
      this.#keptBytes += part.length;
    }
    return this.bodyBytes <= this.#limits.bodyBytes;
  }

  #garbage(reason: string): Progress {
    this.reason = reason;
    return "garbage";
  }
}

/** Of `HTTP/1.1 200 ...`; what is wrong with it when it is none. */
function parseHead(bytes: Buffer, start: number, end: number): Head | string {
  // "HTTP/1.1 200"
  if (end - start < 12 || bytes.toString("latin1", start, start + 7) !== "HTTP/1.") return "the answer does not begin with HTTP/1.";
  const status = digits(bytes, start + 9, start + 12);
  if (status < 100) return `status ${JSON.stringify(bytes.toString("latin1", start + 9, start + 12))} is no number`;
  let keepAlive = bytes[start + 7] === 49;
  let length = -1;
  let chunked = false;
  let line = bytes.indexOf(lf, start) + 1;
  while (line > 0 && line < end) {
    const next = bytes.indexOf(lf, line);
    const stop = next === -1 || next > end ? end : next - (bytes[next - 1] === cr ? 1 : 0);
    // Only three names matter; their lengths tell nearly all others apart.
    if (bytes[line + 14] === colon && nameIs(bytes, line, "content-length")) {
      const value = bytes.toString("latin1", line + 15, stop).trim();
      if (!/^\d{1,15}$/.test(value)) return `content-length ${JSON.stringify(value)} is no number`;
      if (length !== -1 && length !== Number(value)) return "two different content-lengths";
      length = Number(value);
    } else if (bytes[line + 17] === colon && nameIs(bytes, line, "transfer-encoding")) {
      chunked = /(^|[\s,])chunked\s*$/i.test(bytes.toString("latin1", line + 18, stop));
    } else if (bytes[line + 10] === colon && nameIs(bytes, line, "connection")) {
      const value = bytes.toString("latin1", line + 11, stop).toLowerCase();
      if (value.includes("close")) keepAlive = false;
      else if (value.includes("keep-alive")) keepAlive = true;
    }
    line = next === -1 ? end : next + 1;
  }
  return { status, keepAlive, length, chunked };
}

function digits(bytes: Buffer, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = (bytes[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** `name` in lower case. */
function nameIs(bytes: Buffer, at: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    if (((bytes[at + index] ?? 0) | 0x20) !== (name.charCodeAt(index) | 0x20)) return false;
  }
  return true;
}
