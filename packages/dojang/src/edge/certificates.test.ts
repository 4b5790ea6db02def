import { type ChildProcess, spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { ownAuthorityFile, readCertificate } from "./certificates.ts";
import { openEdge } from "./edge.ts";
import { freePort, openTestBed, siteId, type TestBed, until } from "./edge-test-bed.ts";
import { signByOwnAuthority } from "./own-authority.ts";

const signal = new AbortController().signal;
const dayMs = 86_400_000;
const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function openBed(options: Parameters<typeof openTestBed>[0] = {}): Promise<TestBed> {
  const bed = await openTestBed(options);
  closing.push(() => bed.close());
  await bed.serve("r1", "web");
  await bed.point("r1");
  return bed;
}

/** The same home, at another time. */
const at = (bed: TestBed, now: number) => openEdge({ home: bed.home, signal, now: () => now });
const health = { method: "GET", path: "/" };

describe("self-signed", () => {
  test("is for every name, signed by the home's authority, and kept until a month before its end", async () => {
    const bed = await openBed();
    const site = bed.site({ tls: "self-signed", hosts: ["todo.example", "www.todo.example"] });
    await bed.edge.apply([site]);
    const first = await bed.edge.certificate(siteId);
    const leaf = new X509Certificate(await readFile(first?.chain ?? "", "utf8"));
    expect(leaf.checkHost("www.todo.example")).toBe("www.todo.example");
    expect(leaf.verify(new X509Certificate(await readFile(ownAuthorityFile(bed.home), "utf8")).publicKey)).toBe(true);
    expect((await stat(first?.key ?? "")).mode & 0o777).toBe(0o600);
    expect((await stat(join(bed.home, "edge/certificates"))).mode & 0o777).toBe(0o700);
    expect(await bed.edge.renewCertificates([site])).toEqual([{ siteId, outcome: "kept", endsAt: first?.notAfter }]);
    const later = await at(bed, Date.now() + 370 * dayMs);
    expect(await later.renewCertificates([site])).toMatchObject([{ outcome: "renewed" }]);
    expect((await later.certificate(siteId))?.fingerprint).not.toBe(first?.fingerprint);
  });

  test("is made anew when a name comes, and nginx shows it at once", async () => {
    const bed = await openBed();
    await bed.edge.apply([bed.site({ tls: "self-signed" })]);
    await bed.edge.start();
    const more = bed.site({ tls: "self-signed", hosts: ["new.example", "todo.example"] });
    expect((await bed.edge.probe(more, health, { signal, timeoutMs: 20_000 })).error).toBeDefined();
    expect(await bed.edge.apply([more])).toEqual({ changed: true });
    expect(await bed.edge.probe(more, health, { signal, timeoutMs: 20_000 })).toMatchObject({ status: 200, error: undefined });
  });
});

describe("files of the server", () => {
  async function writeFiles(bed: TestBed, names: readonly string[], validMs = 90 * dayMs) {
    const given = join(bed.home, "given");
    await mkdir(given, { recursive: true });
    const text = await signByOwnAuthority({ folder: join(given, "authority"), names, now: Date.now(), validMs });
    const files = { certificate: join(given, "chain.pem"), key: join(given, "key.pem") };
    await writeFile(files.certificate, text.chain);
    await writeFile(files.key, text.key);
    return files;
  }

  test("are shown, and shown anew when somebody else renewed them", async () => {
    const bed = await openBed();
    const site = bed.site({ tls: await writeFiles(bed, ["todo.example"]) });
    await bed.edge.apply([site]);
    await bed.edge.start();
    expect((await bed.edge.probe(site, health, { signal, timeoutMs: 20_000 })).error).toBeUndefined();
    expect(await bed.edge.renewCertificates([site])).toMatchObject([{ outcome: "kept" }]);
    await writeFiles(bed, ["todo.example"], 120 * dayMs);
    expect(await bed.edge.renewCertificates([site])).toMatchObject([{ outcome: "renewed" }]);
    const answer = await bed.edge.probe(site, health, { signal, timeoutMs: 20_000 });
    expect(answer.certificateEnds).toBeGreaterThan(Date.now() + 119 * dayMs);
  });

  test("that do not fit are refused with everything that is wrong", async () => {
    const bed = await openBed();
    const files = await writeFiles(bed, ["other.example"], 1);
    await writeFiles(bed, ["other.example"]);
    const expired = await signByOwnAuthority({
      folder: join(bed.home, "given/authority"),
      names: ["other.example"],
      now: Date.now() - 10 * dayMs,
      validMs: dayMs,
    });
    await writeFile(files.certificate, expired.chain);
    const wrong = bed.edge.apply([bed.site({ tls: files })]);
    await expect(wrong).rejects.toMatchObject({
      code: "certificate-faulty",
      message: expect.stringMatching(/key is not that of the certificate.*not for todo\.example.*ended/),
    });
    await writeFile(files.key, "no key");
    await expect(bed.edge.apply([bed.site({ tls: files })])).rejects.toThrow("key cannot be read");
    await expect(bed.edge.apply([bed.site({ tls: { ...files, key: "/nowhere" } })])).rejects.toMatchObject({
      code: "certificate-unreadable",
    });
    await expect(bed.edge.apply([bed.site({ tls: { ...files, key: "key.pem" } })])).rejects.toThrow("absolute path");
  });

  test("in the wrong order or of another chain are told apart", async () => {
    const bed = await openBed();
    const files = await writeFiles(bed, ["todo.example"]);
    const other = await signByOwnAuthority({ folder: join(bed.home, "another"), names: ["x.example"], now: Date.now() });
    const [leaf = ""] = (await readFile(files.certificate, "utf8")).split(/(?<=END CERTIFICATE-----\n)/);
    await writeFile(files.certificate, leaf + other.chain.split(/(?<=END CERTIFICATE-----\n)/)[1]);
    await expect(bed.edge.apply([bed.site({ tls: files })])).rejects.toThrow("certificate 2 of the file did not sign the one before it");
  });

  test("that went bad leave the former ones in use, and are reported", async () => {
    const bed = await openBed();
    const files = await writeFiles(bed, ["todo.example"]);
    const site = bed.site({ tls: files });
    await bed.edge.apply([site]);
    await writeFile(files.certificate, "");
    expect(await bed.edge.apply([site])).toEqual({ changed: false });
    expect(await bed.edge.renewCertificates([site])).toMatchObject([
      { outcome: "failed", reason: expect.stringContaining("has no certificate") },
    ]);
  });
});

/** The real authority for tests of Let's Encrypt, and a name server that knows every name as this machine. */
async function openPebble(bed: TestBed, options: { readonly validSeconds: number; readonly resolves?: string }) {
  const folder = join(bed.home, "pebble");
  await mkdir(folder);
  const [port, management, dns, dnsManagement] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const own = await signByOwnAuthority({ folder: join(folder, "authority"), names: ["localhost"], now: Date.now() });
  await writeFile(join(folder, "cert.pem"), own.chain);
  await writeFile(join(folder, "key.pem"), own.key);
  const configuration = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: join(folder, "cert.pem"),
    privateKey: join(folder, "key.pem"),
    httpPort: bed.http,
    tlsPort: bed.https,
    certificateValidityPeriod: options.validSeconds,
  };
  await writeFile(join(folder, "pebble.json"), JSON.stringify({ pebble: configuration }));
  const off = ["-http01", "", "-https01", "", "-tlsalpn01", ""];
  const resolver = [
    "-dns01",
    `127.0.0.1:${dns}`,
    "-management",
    `127.0.0.1:${dnsManagement}`,
    "-defaultIPv4",
    options.resolves ?? "127.0.0.1",
    "-defaultIPv6",
    "",
  ];
  run("pebble-challtestsrv", [...off, ...resolver], {});
  run("pebble", ["-config", join(folder, "pebble.json"), "-dnsserver", `127.0.0.1:${dns}`], { PEBBLE_VA_NOSLEEP: "1" });
  await until("pebble answers", async () => (await listens(port)) && (await listens(dnsManagement)));
  return {
    acme: {
      directory: `https://localhost:${port}/dir`,
      "trust-file": join(folder, "authority/certificate.pem"),
      email: "owner@todo.example",
    },
  };
}

function run(command: string, args: readonly string[], environment: Readonly<Record<string, string>>): void {
  const child: ChildProcess = spawn(command, args, { stdio: "ignore", env: { PATH: process.env.PATH, ...environment } });
  closing.push(
    () =>
      new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.on("exit", () => resolve());
        child.kill("SIGKILL");
      }),
  );
}

async function listens(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}`).then(
    () => true,
    (error) => !String(error.cause?.code).includes("ECONNREFUSED"),
  );
}

const hosts = ["todo.example", "www.todo.example"];

/** Debian's package of that name; `npm test` installs it there. */
const hasPebble = (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, "pebble")));

describe.runIf(hasPebble)("an authority", () => {
  test("gives a certificate for every name while the site lives on its own, and renews it before its end", async () => {
    const bed = await openBed();
    const tls = await openPebble(bed, { validSeconds: 3600 });
    const site = bed.site({ tls, hosts });
    await bed.edge.apply([site]);
    await bed.edge.start();
    expect(await bed.edge.certificate(siteId)).toMatchObject({ source: "own" });
    expect(await bed.edge.probe(site, health, { signal, timeoutMs: 20_000 })).toMatchObject({ status: 200, error: undefined });

    expect(await bed.edge.renewCertificates([site])).toMatchObject([{ outcome: "renewed" }]);
    const first = await bed.edge.certificate(siteId);
    expect(first).toMatchObject({ source: "acme", issuer: expect.stringContaining("Pebble") });
    const answer = await bed.edge.probe(site, health, { signal, timeoutMs: 20_000 });
    expect([answer.status, answer.error, answer.certificateEnds]).toEqual([200, undefined, first?.notAfter]);
    expect(new X509Certificate(await readFile(first?.chain ?? "", "utf8")).checkHost("www.todo.example")).toBe("www.todo.example");
    expect(await bed.edge.renewCertificates([site])).toEqual([{ siteId, outcome: "kept", endsAt: first?.notAfter }]);
    expect(await bed.edge.apply([site])).toEqual({ changed: false });

    const later = await at(bed, Date.now() + 45 * 60_000);
    expect(await later.renewCertificates([site])).toMatchObject([{ outcome: "renewed" }]);
    const second = await later.certificate(siteId);
    expect(second?.fingerprint).not.toBe(first?.fingerprint);
    expect((await bed.edge.probe(site, health, { signal, timeoutMs: 20_000 })).error).toBeUndefined();

    expect(await readdir(join(bed.home, "edge/challenges"))).toEqual([]);
    const accounts = await readdir(join(bed.home, "edge/certificates/accounts"));
    expect(accounts).toHaveLength(1);
    expect((await stat(join(bed.home, "edge/certificates/accounts", accounts[0] ?? ""))).mode & 0o777).toBe(0o600);
  });

  test("that cannot reach the site is told in its words; the site goes on, and the authority is asked again only later", async () => {
    const bed = await openBed();
    const tls = await openPebble(bed, { validSeconds: 3600, resolves: "127.0.0.2" });
    const site = bed.site({ tls, hosts });
    await bed.edge.apply([site]);
    await bed.edge.start();
    const now = Date.now();
    const edge = await at(bed, now);
    const [failed] = await edge.renewCertificates([site]);
    expect(failed).toMatchObject({
      outcome: "failed",
      reason: expect.stringMatching(/todo\.example.*(refused|Connection)/i),
      nextAt: now + 15 * 60_000,
    });
    expect(await edge.renewCertificates([site])).toMatchObject([{ outcome: "waiting", nextAt: now + 15 * 60_000 }]);
    expect((await bed.edge.probe(site, health, { signal, timeoutMs: 20_000 })).status).toBe(200);
    const next = await at(bed, now + 16 * 60_000);
    expect(await next.renewCertificates([site])).toMatchObject([{ outcome: "failed", nextAt: now + 16 * 60_000 + 30 * 60_000 }]);
    expect(await next.renewCertificates([site], { force: true })).toMatchObject([{ outcome: "failed" }]);
  });

  test("is not bothered while nginx does not serve its questions", async () => {
    const bed = await openBed();
    const site = bed.site({ tls: { acme: { directory: "https://127.0.0.1:1/dir" } } });
    await bed.edge.apply([site]);
    expect(await bed.edge.renewCertificates([site])).toMatchObject([
      { outcome: "failed", reason: expect.stringContaining("does not serve the authority's questions") },
    ]);
  });

  test("that is down, or that nobody vouches for, is named", async () => {
    const bed = await openBed();
    const dead = bed.site({ tls: { acme: { directory: `https://127.0.0.1:${await freePort()}/dir` } } });
    await bed.edge.apply([dead]);
    await bed.edge.start();
    expect(await bed.edge.renewCertificates([dead])).toMatchObject([
      { outcome: "failed", reason: expect.stringContaining("ECONNREFUSED") },
    ]);
    const text = await signByOwnAuthority({ folder: join(bed.home, "foreign"), names: ["localhost"], now: Date.now() });
    const server = createServer({ cert: text.chain, key: text.key }, (_, given) => void given.end("{}"));
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    closing.push(() => server.close());
    const untrusted = bed.site({ tls: { acme: { directory: `https://localhost:${port}/dir` } } });
    expect(await bed.edge.renewCertificates([untrusted])).toMatchObject([
      { outcome: "failed", reason: expect.stringMatching(/self-signed certificate|certificate/) },
    ]);
  });

  test("gave a certificate that stays when it is down at renewal", async () => {
    const bed = await openBed();
    const tls = await openPebble(bed, { validSeconds: 3600 });
    const site = bed.site({ tls, hosts });
    await bed.edge.apply([site]);
    await bed.edge.start();
    await bed.edge.renewCertificates([site]);
    const first = await readCertificate(bed.home, siteId);
    await rm(tls.acme["trust-file"]);
    const later = await at(bed, Date.now() + 50 * 60_000);
    expect(await later.renewCertificates([site])).toMatchObject([{ outcome: "failed", reason: expect.stringContaining("trust-file") }]);
    expect((await later.certificate(siteId))?.fingerprint).toBe(first?.fingerprint);
    expect(await later.apply([site])).toEqual({ changed: false });
  });
});
