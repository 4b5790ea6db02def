import { Agent, request } from "node:https";

export interface VisitorsOptions {
  /** Where nginx listens for the site, and its name. */
  readonly port: number;
  readonly host: string;
  readonly paths: readonly string[];
  readonly everyMs: number;
}

export interface Visitors {
  /** By status; "none" where there was no answer. */
  readonly seen: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

/** People who look at a site again and again, on connections they keep. */
export function visit({ port, host, paths, everyMs }: VisitorsOptions): Visitors {
  // The certificate is of this machine's own authority.
  const agent = new Agent({ keepAlive: true, maxSockets: 8, rejectUnauthorized: false, servername: host });
  const seen: Record<string, number> = {};
  const open = new Set<Promise<void>>();
  let count = 0;
  const timer = setInterval(() => {
    const path = paths[count++ % paths.length];
    const asked = ask({ agent, port, path, headers: { host: `${host}:${port}` } }).then((status) => {
      seen[status] = (seen[status] ?? 0) + 1;
    });
    open.add(asked);
    void asked.finally(() => open.delete(asked));
  }, everyMs);
  return {
    seen,
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
    },
  };
}

function ask(options: { agent: Agent; port: number; path: string | undefined; headers: Record<string, string> }): Promise<string> {
  return new Promise((resolve) => {
    const asking = request({ ...options, hostname: "127.0.0.1", timeout: 20_000 }, (answer) => {
      answer.resume().once("end", () => resolve(String(answer.statusCode)));
    });
    asking.once("timeout", () => asking.destroy());
    asking.once("error", () => resolve("none"));
    asking.end();
  });
}
