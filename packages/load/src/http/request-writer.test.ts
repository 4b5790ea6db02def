import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { listening } from "../../tests/serve.ts";
import type { LoadTarget } from "../plan/load-plan.ts";
import type { RequestTemplate } from "../scenario/scenario.ts";
import type { Values } from "../scenario/template.ts";
import { createRequestWriter, createTextWriter, hostHeader } from "./request-writer.ts";

const target: LoadTarget = { scheme: "http", host: "api", port: 8000, protocol: "http/1.1" };

function values(known: Readonly<Record<string, string>> = {}): Values {
  return { value: (name) => known[name], random: () => 0, count: () => 0, nowMs: () => 0 };
}

function writer(own: Partial<RequestTemplate>, headers: RequestTemplate["headers"] = []) {
  const request: RequestTemplate = { name: "r", method: "GET", url: "/", headers: [], captures: [], checks: [], ...own };
  return createRequestWriter(request, { target, headers });
}

interface Understood {
  readonly request: Pick<IncomingMessage, "method" | "url" | "headers" | "rawHeaders">;
  readonly body: string;
}

/** What Node's own server makes of the bytes. */
async function understood(bytes: string): Promise<Understood> {
  const { promise, resolve, reject } = Promise.withResolvers<Understood>();
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      response.end();
      resolve({ request, body });
    });
  });
  server.on("clientError", reject);
  const socket = connect(await listening(server), "127.0.0.1", () => socket.write(bytes, "latin1"));
  socket.on("error", () => undefined);
  return promise.finally(() => socket.destroy());
}

test("what never varies is made once, and is what a call writes", () => {
  const fixed = writer({ url: "/a?b=1", headers: [{ name: "Accept", value: "*/*" }] });
  expect(fixed.fixed?.toString("latin1")).toBe("GET /a?b=1 HTTP/1.1\r\nHost: api:8000\r\nUser-Agent: dojang-load\r\nAccept: */*\r\n\r\n");
  expect(fixed.write(values(), "")).toBe(fixed.fixed?.toString("latin1"));
  for (const own of [{ url: "/${a}" }, { body: "${a}" }, { headers: [{ name: "A", value: "${a}" }] }])
    expect(writer(own).fixed).toBeUndefined();
});

test("a request's own header wins over the scenario's, whatever the case, and replaces host and agent", async () => {
  const own = [
    { name: "accept", value: "text/html" },
    { name: "HOST", value: "other" },
    { name: "user-agent", value: "me" },
  ];
  const { request } = await understood(writer({ headers: own }, [{ name: "Accept", value: "*/*" }]).write(values(), "X-Request-Id: 1\r\n"));
  expect(request.headers).toEqual({ accept: "text/html", host: "other", "user-agent": "me", "x-request-id": "1" });
  expect(request.rawHeaders).toHaveLength(8);
});

test("a body is sent with its length in bytes, in any language", async () => {
  const { request, body } = await understood(
    writer({ method: "POST", url: "/${a}", body: '{"t":"도장 ${a}"}' }).write(values({ a: "é" }), ""),
  );
  expect(body).toBe('{"t":"도장 é"}');
  expect(request.headers["content-length"]).toBe(String(Buffer.byteLength(body)));
  expect(request.url).toBe("/%C3%A9");
});

test("methods that usually have content say when they have none", () => {
  expect(writer({ method: "POST" }).write(values(), "")).toContain("\r\nContent-Length: 0\r\n\r\n");
  expect(writer({ method: "DELETE" }).write(values(), "")).not.toContain("Content-Length");
});

test("a value cannot end the request line or a header", async () => {
  const evil = " HTTP/1.1\r\nX-Evil: 1\r\n\r\n";
  const bytes = writer({ url: "/${a}", headers: [{ name: "X-A", value: "${a}" }] }).write(values({ a: evil }), "");
  const { request } = await understood(bytes);
  expect(request.headers["x-evil"]).toBeUndefined();
  expect(request.url).toBe("/%20HTTP/1.1%0D%0AX-Evil:%201%0D%0A%0D%0A");
  expect(request.headers["x-a"]).toBe("HTTP/1.1 X-Evil: 1");
});

test("the host is named with its port unless the scheme implies it, version 6 in brackets", () => {
  expect(hostHeader({ ...target, port: 80 })).toBe("api");
  expect(hostHeader({ ...target, scheme: "https", port: 443 })).toBe("api");
  expect(hostHeader({ ...target, scheme: "https", port: 80 })).toBe("api:80");
  expect(hostHeader({ ...target, host: "::1" })).toBe("[::1]:8000");
});

test("a message is its text alone", () => {
  expect(createTextWriter("hello").fixed?.toString()).toBe("hello");
  expect(Buffer.from(createTextWriter("도장 ${a}").write(values({ a: "1" }), "Cookie: x\r\n"), "latin1").toString("utf8")).toBe("도장 1");
  expect(createTextWriter().fixed?.length).toBe(0);
});
