import { once } from "node:events";
import { Agent, request } from "node:https";
import { connect } from "node:tls";

export interface Visitors {
  /** Answers so far, by what came: a status, or what went wrong with the connection. */
  readonly seen: Readonly<Record<string, number>>;
  /** The names of releases that answered, in the order in which they were first met. */
  readonly releases: readonly string[];
  /** Everything that was no 200. */
  readonly failures: readonly string[];
  /** Ends it when what was begun has ended. Without one answer it fails: nobody looked. */
  stop(): Promise<void>;
}

/** People who look at the first page without a pause: by turns on connections they keep, and on a new one each. */
export function visit(site: { readonly host: string; readonly port: number }, everyMs = 15): Visitors {
  const { host, port } = site;
  const tls = { rejectUnauthorized: false, servername: host };
  const agents = [new Agent({ ...tls, keepAlive: true, maxSockets: 8 }), new Agent({ ...tls, keepAlive: false, maxSockets: 8 })];
  const seen: Record<string, number> = {};
  const releases: string[] = [];
  const failures: string[] = [];
  const open = new Set<Promise<void>>();
  let count = 0;
  const look = async () => {
    const kept = count++ % agents.length === 0;
    const { status, text } = await ask({ agent: agents[kept ? 0 : 1], host, port });
    seen[status] = (seen[status] ?? 0) + 1;
    if (status !== "200") {
      failures.push(`${new Date().toISOString()} ${kept ? "kept" : "new"} connection: ${status} ${text.slice(0, 100)}`);
      return;
    }
    // The page of the fixture.
    const { release } = JSON.parse(text) as { readonly release: string };
    if (!releases.includes(release)) releases.push(release);
  };
  const timer = setInterval(() => {
    // Those who still wait for an answer do not ask again.
    if (open.size >= 16) return;
    const asked = look();
    open.add(asked);
    void asked.finally(() => open.delete(asked));
  }, everyMs);
  return {
    seen,
    releases,
    failures,
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      for (const agent of agents) agent.destroy();
      if (Object.keys(seen).length === 0) throw new Error("no visitor was answered, nor refused");
    },
  };
}

export interface AskOptions {
  readonly host: string;
  readonly port: number;
  readonly path?: string;
  readonly method?: string;
  readonly agent?: Agent | undefined;
  readonly timeoutMs?: number;
}

/** One request to a site on this machine, whoever signed its certificate. */
export function ask({
  host,
  port,
  path = "/",
  method = "GET",
  agent,
  timeoutMs = 20_000,
}: AskOptions): Promise<{ status: string; text: string }> {
  return new Promise((resolve) => {
    const headers = { host: `${host}:${port}` };
    const tls = { rejectUnauthorized: false, servername: host };
    const asking = request(
      { hostname: "127.0.0.1", port, path, method, headers, agent: agent ?? false, timeout: timeoutMs, ...tls },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        answer.once("end", () => resolve({ status: String(answer.statusCode), text }));
        answer.once("error", (error) => resolve({ status: "cut", text: error.message }));
      },
    );
    asking.once("timeout", () => asking.destroy(new Error("no answer in time")));
    asking.once("error", (error) => resolve({ status: "none", text: error.message }));
    asking.end();
  });
}

export interface OpenSocket {
  /** What comes back; "" when it was cut. */
  echo(text: string): Promise<string>;
  /** True once the other side has ended it. */
  readonly closed: Promise<boolean>;
  close(): void;
}

/** A WebSocket by hand, for short texts: Node's own cannot be told whose certificates to take, and under which name to ask where. */
export async function openSocket({ host, port }: { readonly host: string; readonly port: number }): Promise<OpenSocket> {
  const socket = connect({ host: "127.0.0.1", port, servername: host, rejectUnauthorized: false });
  socket.on("error", () => socket.destroy());
  const closed = new Promise<boolean>((resolve) => socket.once("close", () => resolve(true)));
  const next = () =>
    Promise.race([once(socket, "data").then(([data]: Buffer[]) => data ?? Buffer.alloc(0)), closed.then(() => Buffer.alloc(0))]);
  const head = ["GET / HTTP/1.1", `Host: ${host}:${port}`, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
  socket.write(`${[...head, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="].join("\r\n")}\r\n\r\n`);
  const answer = String(await next());
  if (!answer.startsWith("HTTP/1.1 101")) throw new Error(`no WebSocket: ${answer.slice(0, 200)}`);
  return {
    closed,
    close: () => socket.destroy(),
    async echo(text) {
      const echoed = next();
      // Masked with zeros (RFC 6455, 5.2).
      socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]));
      return (await echoed).subarray(2).toString();
    },
  };
}
