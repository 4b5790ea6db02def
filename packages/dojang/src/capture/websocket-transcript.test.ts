import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { WebSocketTranscript } from "./websocket-transcript.ts";

function frame(payload: Buffer | string, options: { opcode?: number; fin?: boolean; packed?: boolean; mask?: boolean } = {}): Buffer {
  const { opcode = 1, fin = true, packed = false, mask = false } = options;
  const body = Buffer.from(payload);
  const size = body.length;
  const head = Buffer.alloc(size < 126 ? 2 : size < 65_536 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | (packed ? 0x40 : 0) | opcode;
  head[1] = (mask ? 0x80 : 0) | (size < 126 ? size : size < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(size, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(size), 2);
  const key = Buffer.from([1, 2, 3, 4]);
  return mask ? Buffer.concat([head, key, body.map((byte, index) => byte ^ (key[index & 3] ?? 0))]) : Buffer.concat([head, body]);
}

const transcript = (capBytes = 10_000) => new WebSocketTranscript({ capBytes, now: () => 0 });
const lines = (spoken: WebSocketTranscript) =>
  spoken
    .read()
    .text.trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("the transcript of a WebSocket", () => {
  it("has both sides' messages in order, whatever way the bytes were cut", () => {
    const bytes = [frame("hello", { mask: true }), frame("x".repeat(300), { mask: true }), frame("", { opcode: 9, mask: true })];
    for (const size of [1, 3, 1000]) {
      const spoken = transcript();
      const all = Buffer.concat(bytes);
      for (let at = 0; at < all.length; at += size) spoken.see("client", all.subarray(at, at + size));
      spoken.see("server", frame(Buffer.from([0, 255]), { opcode: 2 }));
      spoken.see("server", frame(Buffer.from([0x03, 0xe8]), { opcode: 8 }));
      expect(lines(spoken)).toEqual([
        { at: 0, from: "client", kind: "text", text: "hello" },
        { at: 0, from: "client", kind: "text", text: "x".repeat(300) },
        { at: 0, from: "server", kind: "binary", base64: "AP8=" },
        { at: 0, from: "server", kind: "close", text: "1000" },
        { messages: { client: 2, server: 1 } },
      ]);
    }
  });

  it("joins fragments and unpacks compressed messages that build on each other", () => {
    const spoken = transcript();
    spoken.see("server", Buffer.concat([frame("one ", { fin: false }), frame("ping", { opcode: 9 }), frame("two", { opcode: 0 })]));
    const pack = (text: string, dictionary?: Buffer) =>
      deflateRawSync(text, { finishFlush: 2, ...(dictionary ? { dictionary } : {}) }).subarray(0, -4);
    const first = "the same long text again and again";
    spoken.see("server", frame(pack(first), { packed: true }));
    spoken.see("server", frame(pack(`${first}!`, Buffer.from(first)), { packed: true }));
    expect(lines(spoken).map(({ text }) => text)).toEqual(["one two", first, `${first}!`, undefined]);
  });

  it("goes on counting when its cap is full, and keeps what it cannot unpack as it came", () => {
    const spoken = transcript(150);
    spoken.see("client", frame("not deflate", { packed: true }));
    spoken.see("client", frame("y".repeat(100_000)));
    spoken.see("client", frame("more"));
    const [first, , summary] = lines(spoken);
    expect(first).toMatchObject({ kind: "packed" });
    expect(summary).toEqual({ messages: { client: 3, server: 0 } });
    expect(spoken.read()).toMatchObject({ truncated: true, sizeBytes: 13 + 100_010 + 6 });
    expect(spoken.read().text.length).toBeLessThan(600);
  });
});
