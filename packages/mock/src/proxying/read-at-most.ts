import type { Readable } from "node:stream";

export interface ReadBody {
  readonly body: Buffer;
  /** There is more, which was not read: the stream is paused, or destroyed where nobody wants the rest. */
  readonly truncated: boolean;
}

/** Reads a stream to its end, or up to a limit and then destroys it. Rejects when it breaks off. */
export async function readAtMost(stream: Readable, maxBytes: number): Promise<ReadBody> {
  const parts: Buffer[] = [];
  let received = 0;
  for await (const part of stream) {
    const bytes: Buffer = Buffer.isBuffer(part) ? part : Buffer.from(String(part));
    parts.push(bytes);
    received += bytes.length;
    if (received > maxBytes) {
      stream.destroy();
      return { body: Buffer.concat(parts).subarray(0, maxBytes), truncated: true };
    }
  }
  return { body: Buffer.concat(parts, received), truncated: false };
}
