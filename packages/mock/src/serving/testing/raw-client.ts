import { connect, type Socket } from "node:net";

/** What a client that knows nothing of HTTP sees: bytes, and how they ended. */
export interface RawAnswer {
  readonly text: string;
  readonly end: "FIN" | "RST" | "open";
}

export interface RawClient {
  readonly socket: Socket;
  /** Everything received so far, as ISO-8859-1. */
  received(): string;
  /** Resolves with what was received when it satisfies the condition. Fails after 5 s, showing what came. */
  until(condition: (text: string) => boolean): Promise<string>;
  /** Resolves when the server has ended the connection. */
  ended(): Promise<RawAnswer>;
  write(text: string | Buffer): void;
}

export async function rawClient(to: number | string): Promise<RawClient> {
  const socket =
    typeof to === "number" ? connect({ port: to, host: "127.0.0.1", allowHalfOpen: true }) : connect({ path: to, allowHalfOpen: true });
  let text = "";
  let end: RawAnswer["end"] = "open";
  let wake: (() => void)[] = [];
  const woken = (): void => {
    const waiting = wake;
    wake = [];
    for (const resolve of waiting) resolve();
  };
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    woken();
  });
  socket.on("end", () => {
    if (end === "open") end = "FIN";
    woken();
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ECONNRESET") end = "RST";
    woken();
  });
  socket.on("close", woken);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  const wait = async (done: () => boolean, what: string): Promise<void> => {
    const limit = AbortSignal.timeout(5_000);
    limit.addEventListener("abort", woken);
    while (!done()) {
      if (limit.aborted) throw new Error(`${what} did not come. Received ${JSON.stringify(text)}, connection ${end}.`);
      await new Promise<void>((resolve) => {
        wake.push(resolve);
      });
    }
  };
  return {
    socket,
    received: () => text,
    async until(condition) {
      await wait(() => condition(text), "What was waited for");
      return text;
    },
    async ended() {
      await wait(() => end !== "open" || socket.destroyed, "The end");
      socket.destroy();
      return { text, end };
    },
    write: (bytes) => {
      socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    },
  };
}

/** Sends bytes, waits until the server ends the connection. */
export async function exchangeRaw(to: number | string, bytes: string | Buffer): Promise<RawAnswer> {
  const client = await rawClient(to);
  client.write(bytes);
  return client.ended();
}
