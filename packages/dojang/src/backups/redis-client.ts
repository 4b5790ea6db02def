import type { Duplex } from "node:stream";

export type RedisReply = string | number | null | readonly RedisReply[];

const longestReplyBytes = 64 * 1024 * 1024;

/** As much of Redis's protocol (RESP2) as saving its data needs: one command at a time. */
export class RedisClient {
  readonly #stream: Duplex;
  #held: Buffer = Buffer.alloc(0);
  readonly #incoming: AsyncIterator<Buffer>;

  constructor(stream: Duplex) {
    this.#stream = stream;
    this.#incoming = stream[Symbol.asyncIterator]();
  }

  /** Rejects with what Redis says when it refuses. */
  async ask(...words: readonly string[]): Promise<RedisReply> {
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    this.#stream.write(`*${words.length}\r\n${parts.join("")}`);
    return await this.#reply();
  }

  /** `name:value` lines of INFO. */
  async info(section: string): Promise<ReadonlyMap<string, string>> {
    const lines = String(await this.ask("INFO", section)).split("\r\n");
    return new Map(
      lines.filter((line) => line.includes(":")).map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
    );
  }

  close(): void {
    this.#stream.destroy();
  }

  async #reply(): Promise<RedisReply> {
    const line = await this.#line();
    const rest = line.slice(1);
    switch (line[0]) {
      case "+":
        return rest;
      case "-":
        throw new Error(`Redis answers ${rest}`);
      case ":":
        return Number(rest);
      case "$": {
        const length = Number(rest);
        if (length < 0) return null;
        const bytes = await this.#take(length + 2);
        return bytes.toString("utf8", 0, length);
      }
      case "*": {
        const replies: RedisReply[] = [];
        for (let left = Number(rest); left > 0; left--) replies.push(await this.#reply());
        return replies;
      }
      default:
        throw new Error(`Redis answers ${JSON.stringify(line.slice(0, 80))}, which is not its protocol`);
    }
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#held.indexOf("\r\n");
      if (end >= 0) return (await this.#take(end + 2)).toString("utf8", 0, end);
      await this.#more();
    }
  }

  async #take(bytes: number): Promise<Buffer> {
    while (this.#held.length < bytes) await this.#more();
    const taken = this.#held.subarray(0, bytes);
    this.#held = this.#held.subarray(bytes);
    return taken;
  }

  async #more(): Promise<void> {
    const next = await this.#incoming.next();
    if (next.done === true) throw new Error("Redis closed the connection");
    this.#held = Buffer.concat([this.#held, next.value]);
    if (this.#held.length > longestReplyBytes) throw new Error("Redis's answer is too long");
  }
}
