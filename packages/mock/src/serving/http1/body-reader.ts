import { type BodyFraming, MalformedRequest } from "./request-head.ts";

/**
 * Collects the body of one request from the bytes of its connection. The bytes are copied: a kept body must not hold the
 * connection's whole read buffer. Chunks are read strictly (RFC 9112, section 7.1), for what reads them loosely can be made to
 * see another request than its neighbour sees.
 */
export class BodyReader {
  readonly #chunked: boolean;
  readonly #maxBytes: number;
  readonly #parts: Buffer[] = [];
  #received = 0;
  #state: "size" | "data" | "data-end" | "trailers" | "done" = "data";
  /** Of the chunk being read, or of the whole body. */
  #remaining: number;
  #trailerBytes = 0;

  constructor(framing: Exclude<BodyFraming, { kind: "none" }>, maxBytes: number) {
    this.#chunked = framing.kind === "chunked";
    this.#maxBytes = maxBytes;
    this.#remaining = framing.kind === "length" ? framing.bytes : 0;
    if (this.#chunked) this.#state = "size";
    if (this.#remaining > maxBytes) throw tooLarge(maxBytes);
  }

  get done(): boolean {
    return this.#state === "done";
  }

  /** Takes what belongs to the body and returns how many bytes that were. The rest is to be given again with what follows. */
  feed(bytes: Buffer): number {
    let position = 0;
    for (;;) {
      const before = position;
      const state = this.#state;
      if (state === "data") position = this.#readData(bytes, position);
      else if (state === "done") return position;
      else position = this.#readLine(bytes, position);
      if (position === before && this.#state === state) return position;
    }
  }

  /** The whole body, after `done`, with memory of its own. */
  take(): Buffer {
    const whole = Buffer.allocUnsafeSlow(this.#received);
    let at = 0;
    for (const part of this.#parts) at += part.copy(whole, at);
    return whole;
  }

  #readData(bytes: Buffer, position: number): number {
    const end = Math.min(bytes.length, position + this.#remaining);
    if (end > position) {
      const part = bytes.subarray(position, end);
      // What stays behind until the next read is copied now; the last part is copied by `take`.
      this.#parts.push(end - position === this.#remaining ? part : Buffer.from(part));
      this.#received += part.length;
      this.#remaining -= part.length;
    }
    if (this.#remaining === 0) this.#state = this.#chunked ? "data-end" : "done";
    return end;
  }

  #readLine(bytes: Buffer, position: number): number {
    const lineFeed = bytes.indexOf(0x0a, position);
    if (lineFeed < 0) {
      if (bytes.length - position > maxLineBytes) throw new MalformedRequest(400, "A line between chunks is too long.");
      return position;
    }
    if (lineFeed === position || bytes[lineFeed - 1] !== 0x0d)
      throw new MalformedRequest(400, "A line between chunks does not end in CRLF.");
    const line = bytes.toString("latin1", position, lineFeed - 1);
    if (this.#state === "data-end") {
      if (line !== "") throw new MalformedRequest(400, "A chunk is longer than its size.");
      this.#state = "size";
    } else if (this.#state === "size") {
      this.#beginChunk(line);
    } else {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > maxTrailerBytes) throw new MalformedRequest(431, "The trailers are too long.");
      if (line === "") this.#state = "done";
    }
    return lineFeed + 1;
  }

  #beginChunk(line: string): void {
    const size = chunkSize.exec(line)?.[1];
    if (size === undefined) throw new MalformedRequest(400, "The size of a chunk is no hexadecimal number.");
    this.#remaining = Number.parseInt(size, 16);
    if (this.#received + this.#remaining > this.#maxBytes) throw tooLarge(this.#maxBytes);
    this.#state = this.#remaining === 0 ? "trailers" : "data";
  }
}

function tooLarge(maxBytes: number): MalformedRequest {
  return new MalformedRequest(413, `The body is larger than ${maxBytes} bytes.`);
}

const maxLineBytes = 4096;
const maxTrailerBytes = 16_384;
/** Twelve digits are below 2^53. Extensions are allowed and ignored. */
const chunkSize = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
