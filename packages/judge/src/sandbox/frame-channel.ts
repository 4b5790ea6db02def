import type { Duplex } from "node:stream";

/** More than any honest answer: 1 MiB of results, their escapes, and the output that is kept. It is read in the judge's own turn. */
const frameLimitBytes = 4 * 1024 * 1024;
const waitingLimit = 4;

/** Frames of a big-endian length and JSON over an inherited descriptor. Whoever writes beyond the limits is cut off. */
export class FrameChannel {
  readonly #stream: Duplex;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #wantedBytes = 4;
  readonly #frames: unknown[] = [];
  #closed: string | undefined;
  #wake: () => void = () => {};

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => this.#take(chunk));
    stream.on("error", (error: Error) => this.#close(error.message));
    stream.on("close", () => this.#close("the sandbox ended"));
    stream.on("end", () => this.#close("the sandbox ended"));
  }

  send(message: unknown): void {
    const body = Buffer.from(JSON.stringify(message));
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    this.#stream.write(Buffer.concat([head, body]));
  }

  /** The next frame, or undefined when there will be none. */
  async receive(): Promise<unknown> {
    while (this.#frames.length === 0) {
      if (this.#closed !== undefined) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#frames.shift();
  }

  /** Whether something came that nobody asked for. */
  get hasWaiting(): boolean {
    return this.#frames.length > 0;
  }

  #take(chunk: Buffer): void {
    if (this.#closed !== undefined) return;
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    // Joined only when a whole frame is there: a long one comes in many pieces.
    while (this.#pendingBytes >= this.#wantedBytes) {
      const data = Buffer.concat(this.#pending);
      this.#pending = [data];
      const wanted = 4 + data.readUInt32BE();
      if (wanted > frameLimitBytes || this.#frames.length >= waitingLimit) {
        this.#close("a frame is too long, or there are too many");
        return;
      }
      this.#wantedBytes = wanted;
      if (data.length < wanted) return;
      const frame = parse(data.toString("utf8", 4, wanted));
      if (frame === undefined) {
        this.#close("a frame is no JSON");
        return;
      }
      this.#frames.push(frame.value);
      this.#pending = [data.subarray(wanted)];
      this.#pendingBytes -= wanted;
      this.#wantedBytes = 4;
    }
    this.#wake();
  }

  #close(why: string): void {
    this.#closed ??= why;
    this.#pending = [];
    if (!this.#stream.destroyed) this.#stream.destroy();
    this.#wake();
  }
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
