import { request as httpRequest } from "node:http";
import type { MockServer } from "../../contract.ts";

export interface Asked {
  readonly status: number;
  readonly statusMessage: string;
  /** Name, value, name, value. */
  readonly rawHeaders: readonly string[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly text: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

/** One request by Node's own client, which adds a Host and what frames the body. */
export function ask(server: MockServer | number, path: string, { method, headers = {}, body }: Ask = {}): Promise<Asked> {
  const port = typeof server === "number" ? server : server.port;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        port,
        host: "127.0.0.1",
        path,
        method: method ?? (body === undefined ? "GET" : "POST"),
        headers: headers as Record<string, string>,
        agent: false,
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => {
          const whole = Buffer.concat(parts);
          resolve({
            status: response.statusCode ?? 0,
            statusMessage: response.statusMessage ?? "",
            rawHeaders: response.rawHeaders,
            headers: response.headers,
            body: whole,
            text: whole.toString("utf8"),
          });
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

/** A call of the admin API. Fails on any answer that is no success. */
export async function admin(server: MockServer, method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await ask(server, `/__admin${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (answer.status >= 300) throw new Error(`${method} ${path} was answered with ${answer.status}: ${answer.text}`);
  return answer.text === "" ? undefined : JSON.parse(answer.text);
}

export async function stub(server: MockServer, mapping: Readonly<Record<string, unknown>>): Promise<void> {
  await admin(server, "POST", "/mappings", mapping);
}
