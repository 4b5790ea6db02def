import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { expect, test } from "vitest";
import { toMockOptions } from "./mock-options.ts";
import { addServeFlags, type ServeFlags } from "./serve-flags.ts";

test("what is not said on the command line is left to the defaults", async () => {
  expect(await optionsOf([])).toEqual({ http2: {}, templates: {}, journal: {}, proxy: {}, webhooks: {} });
});

test.each([
  [["--port", "0"], { listen: { port: 0 } }],
  [["--bind-address", "127.0.0.1"], { listen: { port: 8080, address: "127.0.0.1" } }],
  [["--socket", "/tmp/s"], { listen: { socketPath: "/tmp/s" } }],
  [["--disable-http", "--https-port", "8443", "--bind-address", "::1"], { listen: "none", https: { port: 8443, address: "::1" } }],
  [["--disable-http2-plain"], { http2: { plain: false } }],
  [["--disable-http2-tls"], { http2: { tls: false } }],
  [["--root-dir", import.meta.dirname], { directory: import.meta.dirname }],
  [["--filename-template", "{{{id}}}.json"], { filenameTemplate: "{{{id}}}.json" }],
  [["--openapi", "a.yaml", "--openapi", "b.yaml", "--strict"], { openapi: ["a.yaml", "b.yaml"], mode: "strict" }],
  [["--seed", "7"], { seed: 7 }],
  [["--global-response-templating"], { templating: "global" }],
  [["--local-response-templating"], {}],
  [["--disable-response-templating"], { templating: "off" }],
  [
    ["--permitted-system-keys", "HOME, JAVA.*", "--max-template-cache-entries", "5"],
    { templates: { permittedSystemKeys: ["HOME", "JAVA.*"], maxCacheEntries: 5 } },
  ],
  [["--no-request-journal"], { journal: { enabled: false } }],
  [["--max-request-journal-entries", "5", "--max-request-journal-bytes", "6"], { journal: { maxEntries: 5, maxBytes: 6 } }],
  [["--logged-response-body-size-limit", "0"], { journal: { maxBodyBytes: 0 } }],
  [["--proxy-all", "http://a"], { proxyAll: "http://a" }],
  [["--record-mappings", "--match-headers", "Accept,X-A"], { directory: ".", recordMappings: { matchHeaders: ["Accept", "X-A"] } }],
  [["--preserve-host-header", "--preserve-user-agent-proxy-header"], { proxy: { preserveHostHeader: true, preserveUserAgent: true } }],
  [["--proxy-via", "proxy.example:3128"], { proxy: { via: "http://proxy.example:3128" } }],
  [["--proxy-timeout", "9", "--proxy-via", "http://p"], { proxy: { timeoutMs: 9, via: "http://p" } }],
  [["--supported-proxy-encodings", "gzip,br"], { proxy: { supportedEncodings: ["gzip", "br"] } }],
  [["--allow-proxy-targets", "a,b", "--deny-proxy-targets", "c"], { proxy: { allowTargets: ["a", "b"], denyTargets: ["c"] } }],
  [["--enable-browser-proxying", "--trust-all-proxy-targets"], { proxy: { browser: true, trustAllTargets: true } }],
  [["--enable-browser-proxying", "--trust-proxy-target", "a", "--trust-proxy-target", "b"], { proxy: { trustedTargets: ["a", "b"] } }],
  [["--proxy-pass-through", "FALSE"], { proxy: { passThrough: false } }],
  [["--webhook-threadpool-size", "3"], { webhooks: { maxInFlight: 3 } }],
  [["--no-admin"], { admin: false }],
  [["--admin-api-basic-auth", "u:p:q"], { adminBasicAuth: { username: "u", password: "p:q" } }],
  [["--admin-api-require-https"], { adminRequireHttps: true }],
  [["--enable-stub-cors"], { stubCors: true }],
  [["--use-chunked-encoding", "body_file"], { chunkedEncoding: "body_file" }],
  [["--disable-gzip"], { gzip: false }],
  [["--disable-connection-reuse", "true"], { connectionReuse: false }],
  [["--disable-connection-reuse", "false"], { connectionReuse: true }],
  [["--jetty-header-request-size", "10"], { maxHeaderBytes: 10 }],
  [["--jetty-header-buffer-size", "11"], { maxHeaderBytes: 11 }],
  [["--jetty-idle-timeout", "12"], { idleTimeoutMs: 12 }],
  [["--max-body-bytes", "13"], { maxBodyBytes: 13 }],
])("%j", async (args, options) => {
  expect(await optionsOf(args)).toMatchObject(options);
});

test("PEM files are read", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dojang-mock-pem-"));
  const pem = (name: string) => {
    writeFileSync(join(folder, name), `-----BEGIN ${name}-----\n`);
    return join(folder, name);
  };
  try {
    const args = [
      "--https-port",
      "0",
      "--https-key",
      pem("key"),
      "--https-cert",
      pem("cert"),
      "--https-client-ca",
      pem("ca"),
      "--https-require-client-cert",
    ];
    expect(await optionsOf([...args, "--enable-browser-proxying", "--ca-key", pem("cakey"), "--ca-cert", pem("cacert")])).toMatchObject({
      https: {
        port: 0,
        certificate: { key: "-----BEGIN key-----\n", certificate: "-----BEGIN cert-----\n" },
        clientAuthorities: "-----BEGIN ca-----\n",
        requireClientCertificate: true,
      },
      proxy: { certificateAuthority: { key: "-----BEGIN cakey-----\n", certificate: "-----BEGIN cacert-----\n" } },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function optionsOf(args: readonly string[]) {
  return toMockOptions(addServeFlags(new Command()).parse(args, { from: "user" }).opts<ServeFlags>());
}
