import { execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import * as http2 from "node:http2";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ask, openTestBed, siteId, type TestBed, told } from "./edge-test-bed.ts";

let bed: TestBed;
beforeEach(async () => {
  bed = await openTestBed();
});
afterEach(() => bed.close());

const signal = new AbortController().signal;

describe("HTTPS", () => {
  test("plain requests are led there with their method, path and query; strangers are not shown a certificate", async () => {
    await bed.serve("r1", "web");
    await bed.edge.apply([bed.site({ tls: "self-signed", hsts: "1d" })]);
    await bed.point("r1");
    await bed.edge.start();
    const plain = await bed.ask("/a%2Fb?c=d", { method: "POST", body: "x" });
    expect([plain.status, plain.headers.location]).toEqual([308, `https://todo.example:${bed.https}/a%2Fb?c=d`]);
    const secure = await bed.ask("/", { tls: true });
    expect(told(secure).headers["x-forwarded-proto"]).toBe("https");
    expect(secure.headers["strict-transport-security"]).toBe("max-age=86400");
    await expect(bed.ask("/", { tls: true, host: "stranger.example" })).rejects.toThrow(/unrecognized name|handshake|alert/i);
    const insideOther = await ask({
      path: "/",
      port: bed.https,
      host: "todo.example",
      tls: true,
      headers: { host: "stranger.example" },
    }).catch((error) => error);
    expect(insideOther instanceof Error || insideOther.status === 421).toBe(true);
  });

  test("old versions of TLS are refused", async () => {
    await bed.serve("r1", "web");
    await bed.edge.apply([bed.site({ tls: "self-signed" })]);
    await bed.point("r1");
    await bed.edge.start();
    const spoken = (version: string) => {
      try {
        const args = [
          "s_client",
          "-connect",
          `127.0.0.1:${bed.https}`,
          "-servername",
          "todo.example",
          version,
          "-cipher",
          "ALL@SECLEVEL=0",
        ];
        return execFileSync("openssl", args, { input: "", encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
      } catch (error) {
        return String(error instanceof Error && "stdout" in error ? error.stdout : error);
      }
    };
    expect(spoken("-tls1_2")).toContain("BEGIN CERTIFICATE");
    expect(spoken("-tls1_1")).not.toContain("BEGIN CERTIFICATE");
  });

  test("a probe sees what a visitor would: status, body, the certificate's end; a dead site is an answer too", async () => {
    await bed.serve("r1", "web");
    const site = bed.site({ tls: "self-signed" });
    await bed.edge.apply([site]);
    await bed.point("r1");
    const request = { method: "GET", path: "/health?x=1" };
    const dead = await bed.edge.probe(site, request, { signal, timeoutMs: 5_000 });
    expect([dead.status, dead.error]).toEqual([undefined, expect.stringContaining("ECONNREFUSED")]);
    await bed.edge.start();
    const answer = await bed.edge.probe(site, request, { signal, timeoutMs: 20_000 });
    expect([answer.status, answer.error, JSON.parse(answer.body).url]).toEqual([200, undefined, "/health?x=1"]);
    expect(answer.certificateEnds).toBeGreaterThan(Date.now() + 300 * 86_400_000);
  });

  test("a probe does not take another certificate for the site's own", async () => {
    await bed.serve("r1", "web");
    const site = bed.site({ tls: "self-signed" });
    await bed.edge.apply([site]);
    await bed.point("r1");
    await bed.edge.start();
    await rm(join(bed.home, "edge/certificates/sites", siteId, "current"));
    const answer = await bed.edge.probe(site, { method: "GET", path: "/" }, { signal, timeoutMs: 20_000 });
    expect(answer.error).toMatch(/not the site's own and not trusted/);
  });
});

test("HTTPS speaks HTTP/2, and services are told the site's name all the same", async () => {
  await bed.serve("r1", "web");
  await bed.edge.apply([bed.site({ tls: "self-signed" })]);
  await bed.point("r1");
  await bed.edge.start();
  const session = http2.connect(`https://127.0.0.1:${bed.https}`, { servername: "todo.example", rejectUnauthorized: false });
  const body = await new Promise<string>((resolve, reject) => {
    session.on("error", reject);
    const stream = session.request({ ":path": "/x", ":authority": `todo.example:${bed.https}` });
    let text = "";
    stream.on("data", (chunk) => {
      text += chunk;
    });
    stream.on("end", () => resolve(text));
    stream.on("error", reject);
  });
  session.close();
  expect(JSON.parse(body)).toMatchObject({ url: "/x", headers: { host: `todo.example:${bed.https}` } });
});
