import { mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { releaseSockets, slotCount } from "./edge-site.ts";
import { children, freePort, openTestBed, siteId, type TestBed, told, until } from "./edge-test-bed.ts";
import { refusedPort } from "./port-holder.ts";

let bed: TestBed;
beforeEach(async () => {
  bed = await openTestBed();
});
afterEach(() => bed.close());

const signal = new AbortController().signal;

describe("slots", () => {
  test("a switch is seen by the next request and needs nothing of nginx", async () => {
    await bed.serveTwoReleases();
    await bed.edge.apply([bed.site({})]);
    await bed.edge.start();
    expect(told(await bed.ask("/")).release).toBe("r1");
    const workers = children(await bed.masterPid());
    await bed.point("r2");
    expect(told(await bed.ask("/")).release).toBe("r2");
    expect(await bed.edge.readSlots(siteId)).toEqual(Array.from({ length: slotCount }, () => "r2"));
    // On a busy machine the second was still being made.
    expect(children(await bed.masterPid())).toEqual(expect.arrayContaining(workers));
  });

  test("no request fails while releases take turns", async () => {
    await bed.serveTwoReleases();
    await bed.edge.apply([bed.site({})]);
    await bed.edge.start();
    const seen = { r1: 0, r2: 0 };
    let isOver = false;
    const visitors = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        const answered = await bed.ask("/");
        expect(answered.status).toBe(200);
        seen[told(answered).release === "r1" ? "r1" : "r2"]++;
      }
    });
    for (let turn = 0; turn < 20; turn++) {
      const release = turn % 2 === 0 ? "r2" : "r1";
      const before = seen[release];
      await bed.point(release);
      await until(`visitors come to ${release}`, () => seen[release] > before + 5);
    }
    isOver = true;
    await Promise.all(visitors);
    expect(Math.min(seen.r1, seen.r2)).toBeGreaterThan(50);
  });

  test("a canary gets its share of visitors, and a visitor stays where the first answer came from", async () => {
    await bed.serveTwoReleases();
    await bed.edge.apply([bed.site({})]);
    await bed.edge.pointSlots(
      siteId,
      Array.from({ length: slotCount }, (_, index) => (index < 10 ? "r2" : "r1")),
    );
    await bed.edge.start();
    const seen = new Set<string>();
    for (let visitor = 0; visitor < 20; visitor++) {
      const first = await bed.ask("/");
      const { release } = told(first);
      seen.add(release);
      const cookie = String(first.headers["set-cookie"]?.[0]).split(";")[0] ?? "";
      expect(first.headers["set-cookie"]?.[0]).toMatch(/^dojang_slot=[0-9a-f]{32}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=86400$/);
      for (let count = 0; count < 5; count++) {
        const next = await bed.ask("/", { headers: { cookie: `a=b; ${cookie}` } });
        expect([told(next).release, next.headers["set-cookie"]]).toEqual([release, undefined]);
      }
    }
    // One in a million that twenty visitors all come to one half.
    expect([...seen].sort()).toEqual(["r1", "r2"]);
    await bed.point("r2");
    expect((await bed.ask("/")).headers["set-cookie"]).toBeUndefined();
  });

  test("a connection that is open stays with the release it was made to", async () => {
    let finish: (() => void) | undefined;
    await bed.serve("r1", "web", (_, given) => {
      given.write("half ");
      finish = () => given.end("r1");
    });
    await bed.serve("r2", "web");
    await bed.edge.apply([bed.site({})]);
    await bed.point("r1");
    await bed.edge.start();
    const slow = bed.ask("/");
    await until("the request is there", () => finish !== undefined);
    await bed.point("r2");
    expect(told(await bed.ask("/")).release).toBe("r2");
    finish?.();
    expect((await slow).body).toBe("half r1");
  });

  test("an assignment that is not one of 20 releases is refused, and a release's id is no path", async () => {
    await expect(bed.edge.pointSlots(siteId, ["r1"])).rejects.toThrow("20 slots");
    await expect(
      bed.edge.pointSlots(
        siteId,
        Array.from({ length: slotCount }, () => "../x"),
      ),
    ).rejects.toThrow("cannot be a release's id");
    await expect(bed.edge.readSlots("../..")).rejects.toThrow("cannot be a site's id");
    expect(await bed.edge.readSlots("unknown")).toEqual(Array.from({ length: slotCount }, () => undefined));
  });
});

describe("applying", () => {
  test("the same sites again change nothing; other ones are served after a reload that drops nobody", async () => {
    await bed.serveTwoReleases();
    expect(await bed.edge.apply([bed.site({})])).toEqual({ changed: true });
    await bed.edge.start();
    expect(await bed.edge.apply([bed.site({})])).toEqual({ changed: false });
    const other = bed.site({ hosts: ["other.example"] }, { id: "other" });
    await bed.serve("r9", "web", undefined, "other");
    await bed.point("r9", "other");
    expect(await bed.edge.apply([bed.site({}), other])).toEqual({ changed: true });
    expect(told(await bed.ask("/", { host: "other.example" })).release).toBe("r9");
    expect(told(await bed.ask("/")).release).toBe("r1");
    expect(await bed.edge.apply([other])).toEqual({ changed: true });
    await expect(bed.ask("/")).rejects.toThrow();
  });

  test("a configuration that was swapped in by a process that died before nginx loaded it is loaded by the next", async () => {
    await bed.serveTwoReleases();
    await bed.edge.apply([bed.site({})]);
    await bed.edge.start();
    await bed.edge.apply([bed.site({ hosts: ["todo.example", "new.example"] })]);
    const edge = join(bed.home, "edge");
    // As it is left: the link leads to a configuration that differs from what runs.
    const former = (await readFile(join(edge, "configurations/1/nginx.conf"), "utf8")).replaceAll("todo.example", "third.example");
    await writeFile(join(edge, "configurations/1/nginx.conf"), former);
    await rm(join(edge, "current"));
    await symlink("configurations/1", join(edge, "current"));
    await expect(bed.ask("/", { host: "third.example" })).rejects.toThrow();
    expect(await bed.edge.ensure()).toBe("running");
    expect((await bed.ask("/", { host: "third.example" })).status).toBe(200);
    expect(await bed.edge.ensure()).toBe("running");
  });

  test("what nginx refuses is told in its words, and the former configuration stays", async () => {
    await bed.serveTwoReleases();
    await bed.edge.apply([bed.site({})]);
    await bed.edge.start();
    const before = await readlink(join(bed.home, "edge/current"));
    const bad = bed.site({});
    // What the schema would never let through.
    const definition = { ...bad.definition, hosts: ["*.*.example"] };
    await expect(bed.edge.apply([{ ...bad, definition }])).rejects.toMatchObject({
      code: "nginx-configuration-refused",
      message: expect.stringContaining('invalid server name or wildcard "*.*.example"'),
    });
    expect(await readlink(join(bed.home, "edge/current"))).toBe(before);
    expect(await readdir(join(bed.home, "edge/configurations"))).toHaveLength(1);
    expect((await bed.ask("/")).status).toBe(200);
  });

  test("a port that somebody else has is told with who has it, and nothing changes", async () => {
    await bed.serveTwoReleases();
    await bed.edge.apply([bed.site({})]);
    await bed.edge.start();
    const foreign = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => foreign.listen(port, "127.0.0.1", resolve));
    try {
      const other = bed.site({ hosts: ["other.example"], listen: { address: "127.0.0.1", http: port } }, { id: "other" });
      await expect(bed.edge.apply([bed.site({}), other])).rejects.toMatchObject({
        code: "edge-port-taken",
        message: expect.stringContaining(`(pid ${process.pid})`),
      });
      expect((await bed.ask("/")).status).toBe(200);
    } finally {
      foreign.close();
    }
  });

  test("an address of another machine is told before nginx is asked", async () => {
    const site = bed.site({ listen: { address: "203.0.113.7", http: bed.http } });
    await expect(bed.edge.apply([site])).rejects.toMatchObject({
      code: "edge-address-foreign",
      message: expect.stringContaining("203.0.113.7"),
    });
  });

  test("a port that nginx has no right to is told with the ways to give it", () => {
    expect(refusedPort("bind() to [::]:443 failed (13: Permission denied)")).toMatchObject({
      code: "edge-port-privileged",
      message: "nginx cannot listen on port 443: this user has no right to it",
      fix: expect.stringContaining("net.ipv4.ip_unprivileged_port_start=443"),
    });
    expect(refusedPort('unknown directive "x"')).toBeUndefined();
  });

  test("two sites cannot have one host, nor one port two kinds", async () => {
    const other = (definition: object) => bed.site({ ...definition }, { id: "other" });
    await expect(bed.edge.apply([bed.site({}), other({})])).rejects.toMatchObject({ code: "edge-host-taken" });
    const turned = { hosts: ["b.example"], tls: "self-signed", listen: { address: "127.0.0.1", http: bed.https, https: bed.http } };
    await expect(bed.edge.apply([bed.site({}), other(turned)])).rejects.toMatchObject({ code: "edge-port-of-two-kinds" });
  });

  test("values of a project never become directives", async () => {
    const hostile = 'x"; } server { listen 1; } $remote_addr \\" \' #\n';
    const site = bed.site({ static: [{ path: "/files", from: `a b$c"d;e{f}'g\\h`, fallback: hostile.trim() }] });
    const definition = { ...site.definition, headers: { "X-A": hostile.replace("\n", "") } };
    await bed.serve("r1", "web");
    await mkdir(join(releaseSockets(bed.home, siteId, "r1"), "static", `a b$c"d;e{f}'g`, "h"), { recursive: true });
    await writeFile(join(releaseSockets(bed.home, siteId, "r1"), "static", `a b$c"d;e{f}'g`, "h", "x.txt"), "found");
    await bed.edge.apply([{ ...site, definition }]);
    await bed.point("r1");
    await bed.edge.start();
    const answered = await bed.ask("/files/x.txt");
    expect(answered.body).toBe("found");
    expect(answered.headers["x-a"]).toBe(hostile.trim());
  });
});

test("a home that is deeper than the address of a socket is long serves all the same", async () => {
  const home = join(bed.home, ...("deep".repeat(20).match(/.{16}/g) ?? []), "x".repeat(100));
  await mkdir(home, { recursive: true, mode: 0o711 });
  const deep = await openTestBed({ home });
  try {
    await deep.serve("a-release-with-a-name-of-some-length", "a-service-with-a-name-of-some-length");
    await deep.edge.apply([deep.site({ routes: [{ path: "/", to: "a-service-with-a-name-of-some-length" }] })]);
    await deep.point("a-release-with-a-name-of-some-length");
    await deep.edge.start();
    expect(told(await deep.ask("/")).release).toBe("a-release-with-a-name-of-some-length");
  } finally {
    await deep.close();
  }
});

test("without an address it listens on every one", async () => {
  await bed.serve("r1", "web");
  await bed.edge.apply([bed.site({ listen: { http: bed.http, https: bed.https }, tls: "self-signed" })]);
  await bed.point("r1");
  await bed.edge.start();
  const hosts = [
    "127.0.0.1",
    "127.0.0.2",
    ...((await readFile("/proc/net/if_inet6", "utf8").catch(() => "")).trim() === "" ? [] : ["::1"]),
  ];
  for (const address of hosts) {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request({ host: address, port: bed.http, headers: { host: "todo.example" }, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on("error", reject);
      sent.end();
    });
    expect([address, status]).toEqual([address, 308]);
  }
});

test("files are those of the release that the visitor has", async () => {
  await bed.edge.apply([bed.site({ static: [{ path: "/files", from: "." }] })]);
  for (const release of ["r1", "r2"]) {
    await bed.serve(release, "web");
    await mkdir(join(releaseSockets(bed.home, siteId, release), "static"));
    await writeFile(join(releaseSockets(bed.home, siteId, release), "static/name.txt"), release);
  }
  await bed.edge.pointSlots(
    siteId,
    Array.from({ length: slotCount }, (_, index) => (index % 2 === 0 ? "r1" : "r2")),
  );
  await bed.edge.start();
  for (let visitor = 0; visitor < 10; visitor++) {
    const first = await bed.ask("/");
    const cookie = String(first.headers["set-cookie"]?.[0]).split(";")[0] ?? "";
    expect((await bed.ask("/files/name.txt", { headers: { cookie } })).body).toBe(told(first).release);
  }
});

test("what is kept of visitors and keys is not for other users of the machine", async () => {
  await bed.edge.apply([bed.site({ tls: "self-signed" })]);
  await bed.edge.start();
  for (const name of ["logs", "certificates"]) expect((await stat(join(bed.home, "edge", name))).mode & 0o007).toBe(0);
});

test("a site that stays silent is an error of the probe after its time", async () => {
  await bed.serve("r1", "web", () => {});
  const site = bed.site({});
  await bed.edge.apply([site]);
  await bed.point("r1");
  await bed.edge.start();
  const answer = await bed.edge.probe(site, { method: "GET", path: "/" }, { signal, timeoutMs: 300 });
  expect([answer.status, answer.error]).toEqual([undefined, "no answer within 300 ms"]);
});

test("a client that sends half a request does not keep others waiting", async () => {
  await bed.serve("r1", "web");
  await bed.edge.apply([bed.site({})]);
  await bed.point("r1");
  await bed.edge.start();
  const half = connect(bed.http, "127.0.0.1");
  half.write("GET / HTTP/1.1\r\nHost: todo");
  expect((await bed.ask("/")).status).toBe(200);
  half.destroy();
});
