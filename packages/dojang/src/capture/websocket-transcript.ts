import zlib from "node:zlib";

/**
 * Follows the frames of a WebSocket connection (RFC 6455) without holding anything up: both directions are fed the bytes
 * that were passed on. Messages are counted throughout; their content is written down until the cap is full.
 */
export class WebSocketTranscript {
  readonly #capBytes: number;
  readonly #startedAt: number;
  readonly #now: () => number;
  readonly #lines: string[] = [];
  #lineBytes = 0;
  #truncated = false;
  readonly #sides: Record<Side, FrameReader>;

  constructor(options: { readonly capBytes: number; readonly now: () => number }) {
    this.#capBytes = options.capBytes;
    this.#now = options.now;
    this.#startedAt = options.now();
    const side = (from: Side) => new FrameReader({ keepBytes: options.capBytes, onMessage: (message) => this.#write(from, message) });
    this.#sides = { client: side("client"), server: side("server") };
  }

  see(from: Side, chunk: Buffer): void {
    this.#sides[from].feed(chunk);
  }

  read(): { text: string; sizeBytes: number; truncated: boolean } {
    const { client, server } = this.#sides;
    const summary = JSON.stringify({ messages: { client: client.messages, server: server.messages } });
    return {
      text: `${[...this.#lines, summary].join("\n")}\n`,
      sizeBytes: client.bytes + server.bytes,
      truncated: this.#truncated,
    };
  }

  #write(from: Side, { kind, payload, truncated }: Message): void {
    const room = this.#capBytes - this.#lineBytes;
    if (room <= 0) {
      this.#truncated = true;
      return;
    }
    const kept = payload.subarray(0, room);
    if (truncated || kept.length < payload.length) this.#truncated = true;
    const content = kind === "binary" || kind === "packed" ? { base64: kept.toString("base64") } : { text: kept.toString("utf8") };
    const line = JSON.stringify({ at: Math.round((this.#now() - this.#startedAt) * 1000) / 1000, from, kind, ...content });
    this.#lineBytes += line.length;
    this.#lines.push(line);
  }
}

type Side = "client" | "server";

interface Message {
  /** `packed`: compressed in a way that could not be undone. */
  readonly kind: "text" | "binary" | "close" | "packed";
  readonly payload: Buffer;
  readonly truncated: boolean;
}

interface Frame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly mask: Buffer | undefined;
  left: number;
  seen: number;
}

interface FrameReaderOptions {
  readonly keepBytes: number;
  readonly onMessage: (message: Message) => void;
}

const empty: Buffer = Buffer.alloc(0);
const windowBytes = 32_768;

class FrameReader {
  readonly #options: FrameReaderOptions;
  messages = 0;
  bytes = 0;
  #head: Buffer = empty;
  #frame: Frame | undefined;
  #message: { opcode: number; packed: boolean; parts: Buffer[]; kept: number; truncated: boolean } | undefined;
  #control: Buffer = empty;
  /** The last decompressed bytes: permessage-deflate (RFC 7692) goes on from them in the next message. */
  #window: Buffer = empty;
  #unpackable = true;

  constructor(options: FrameReaderOptions) {
    this.#options = options;
  }

  feed(chunk: Buffer): void {
    this.bytes += chunk.length;
    let rest = chunk;
    while (rest.length > 0) rest = this.#frame === undefined ? this.#readHead(rest) : this.#readPayload(this.#frame, rest);
  }

  #readHead(chunk: Buffer): Buffer {
    const bytes = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    const first = bytes[0] ?? 0;
    const second = bytes[1] ?? 0;
    const short = second & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const headBytes = 2 + lengthBytes + (second & 0x80 ? 4 : 0);
    if (bytes.length < 2 || bytes.length < headBytes) {
      this.#head = Buffer.from(bytes);
      return empty;
    }
    this.#head = empty;
    const left = lengthBytes === 8 ? Number(bytes.readBigUInt64BE(2)) : lengthBytes === 2 ? bytes.readUInt16BE(2) : short;
    const mask = second & 0x80 ? Buffer.from(bytes.subarray(headBytes - 4, headBytes)) : undefined;
    this.#beginFrame({ opcode: first & 0x0f, fin: (first & 0x80) !== 0, packed: (first & 0x40) !== 0, mask, left });
    return bytes.subarray(headBytes);
  }

  #beginFrame(frame: { opcode: number; fin: boolean; packed: boolean; mask: Buffer | undefined; left: number }): void {
    const { opcode, fin, packed, mask, left } = frame;
    if (opcode === 1 || opcode === 2) this.#message = { opcode, packed, parts: [], kept: 0, truncated: false };
    this.#control = empty;
    this.#frame = { opcode, fin, mask, left, seen: 0 };
    if (left === 0) this.#endFrame(this.#frame);
  }

  #readPayload(frame: Frame, chunk: Buffer): Buffer {
    const part = chunk.subarray(0, frame.left);
    const room = frame.opcode >= 8 ? 125 - this.#control.length : this.#options.keepBytes - (this.#message?.kept ?? 0);
    const kept = unmask(part.subarray(0, Math.max(room, 0)), frame.mask, frame.seen);
    if (frame.opcode >= 8) this.#control = Buffer.concat([this.#control, kept]);
    else if (this.#message) {
      this.#message.parts.push(kept);
      this.#message.kept += kept.length;
      if (kept.length < part.length) this.#message.truncated = true;
    }
    frame.seen += part.length;
    frame.left -= part.length;
    if (frame.left === 0) this.#endFrame(frame);
    return chunk.subarray(part.length);
  }

  #endFrame(frame: Frame): void {
    this.#frame = undefined;
    if (frame.opcode === 8) {
      const code = this.#control.length >= 2 ? this.#control.readUInt16BE(0) : 1005;
      const payload = Buffer.from(`${code} ${this.#control.subarray(2).toString("utf8")}`.trim());
      this.#options.onMessage({ kind: "close", payload, truncated: false });
    }
    if (frame.opcode >= 8 || !frame.fin || this.#message === undefined) return;
    const { opcode, packed, parts, truncated } = this.#message;
    this.#message = undefined;
    this.messages++;
    const raw = Buffer.concat(parts);
    const payload = packed ? this.#unpack(raw, truncated) : raw;
    if (payload === undefined) this.#options.onMessage({ kind: "packed", payload: raw, truncated });
    else this.#options.onMessage({ kind: opcode === 1 ? "text" : "binary", payload, truncated });
  }

  #unpack(raw: Buffer, truncated: boolean): Buffer | undefined {
    if (!this.#unpackable || truncated) {
      this.#unpackable = false;
      return undefined;
    }
    try {
      const tail = Buffer.concat([raw, Buffer.from([0x00, 0x00, 0xff, 0xff])]);
      const dictionary = this.#window.length > 0 ? { dictionary: this.#window } : {};
      const payload = zlib.inflateRawSync(tail, { finishFlush: zlib.constants.Z_SYNC_FLUSH, maxOutputLength: 1 << 22, ...dictionary });
      this.#window = Buffer.concat([this.#window, payload]).subarray(-windowBytes);
      return payload;
    } catch {
      // Without this message's bytes the next ones have lost their dictionary too.
      this.#unpackable = false;
      return undefined;
    }
  }
}

function unmask(payload: Buffer, mask: Buffer | undefined, offset: number): Buffer {
  const copy = Buffer.from(payload);
  if (mask) for (let index = 0; index < copy.length; index++) copy[index] = (copy[index] ?? 0) ^ (mask[(offset + index) & 3] ?? 0);
  return copy;
}
