import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EnvironmentSpec, ServiceSpec } from "@dojang/model";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { actorContext, actorProgram, buildAll, environment, server, service } from "../contract-suite/actor-services.ts";
import { eventually, problemOf, run } from "../contract-suite/stage.ts";
import { findHierarchies } from "./host-groups.ts";
import { type SandboxStage, setSandboxStage } from "./sandbox-stage.ts";

describe("a service in the sandbox", () => {
  let stage: SandboxStage;
  let context: string;
  const id = "services";
  const mebibyte = 1024 ** 2;

  beforeAll(async () => {
    stage = await setSandboxStage();
    context = await actorContext();
  });
  afterEach(() => stage.runtime.stop(id));
  afterAll(async () => {
    await stage.close();
    await rm(context, { recursive: true, force: true });
  });

  const stay = (more: Partial<ServiceSpec> = {}) => service("one", actorProgram(context, "stay"), more);
  const up = async (services: readonly ServiceSpec[], more: Partial<EnvironmentSpec> = {}) => {
    const spec = environment(id, services, more);
    const signal = AbortSignal.timeout(40_000);
    return stage.runtime.start(spec, { signal, images: await buildAll(stage.runtime, spec, signal) });
  };
  const sh = async (line: string, name = "one") => {
    const result = await run(stage.runtime, id, { service: name, command: ["sh", "-c", line] });
    return result.exitCode === 0 ? result.stdout : `${result.stdout}exit ${result.exitCode}: ${result.stderr}`;
  };

  test("is user 1000 by itself, and whoever Compose says it is", async () => {
    await up([
      stay(),
      { ...stay({ user: "0:0" }), name: "root" },
      { ...stay({ user: "node" }), name: "named" },
      { ...stay({ user: "4711" }), name: "number" },
    ]);
    expect(await sh("id -u; whoami")).toBe("1000\napp\n");
    expect(await sh("id -u; whoami", "root")).toBe("0\nroot\n");
    expect(await sh("id -u; whoami", "named")).toBe("1000\nnode\n");
    expect(await sh("id -u", "number")).toBe("4711\n");
    expect(await sh("mount -t tmpfs tmpfs /mnt; echo $?", "root")).toContain("32");
  });

  test("finds the commands that images have and this machine may lack", async () => {
    await up([stay()]);
    const missing =
      'for name in python curl wget nc redis-cli pg_isready psql mysqladmin; do command -v "$name" >/dev/null || echo "$name"; done';
    expect(await sh(missing)).toBe("");
    expect(await sh("python -c 'print(6 * 7)'")).toBe("42\n");
  });

  test("may listen on port 80 without being root, as in a container", async () => {
    await up([stay()]);
    expect(await sh(`node -e 'require("net").createServer().listen(80, () => { console.log("listens"); process.exit(); })'`)).toBe(
      "listens\n",
    );
  });

  test("works where its image does, also inside a folder of the machine's own", async () => {
    const program = actorProgram(context, "stay");
    const recipe = { ...program.recipe, directory: "/usr/src/app", build: ["echo built > here.txt"] };
    const mounts: ServiceSpec["mounts"] = [{ kind: "file", target: "/usr/share/nginx/html/index.html", content: "page", mode: 0o444 }];
    await up([service("one", { ...program, recipe }, { mounts })]);
    expect(await sh("pwd; cat here.txt /usr/share/nginx/html/index.html; ls /usr/local/bin /usr/bin/env > /dev/null && echo kept")).toBe(
      "/usr/src/app\nbuilt\npagekept\n",
    );
  });

  test("sees mounted files, folders, memory and volumes, one inside another, and no write reaches the host", async () => {
    const folder = await mkdtemp(join(tmpdir(), "dojang-binds-"));
    try {
      await mkdir(join(folder, "conf"));
      await writeFile(join(folder, "conf", "a.txt"), "from the host", { mode: 0o600 });
      await writeFile(join(folder, "single.txt"), "single");
      const mounts: ServiceSpec["mounts"] = [
        { kind: "file", target: "/run/secrets/key", content: "s3cret", mode: 0o400 },
        { kind: "file", target: "/etc/app/app.conf", content: "conf", mode: 0o444 },
        { kind: "bind", source: join(folder, "conf"), target: "/app/conf", readOnly: false },
        { kind: "bind", source: join(folder, "conf"), target: "/conf-ro", readOnly: true },
        { kind: "bind", source: join(folder, "single.txt"), target: "/app/single.txt", readOnly: true },
        { kind: "bind", source: join(folder, "not-there"), target: "/app/empty", readOnly: false },
        { kind: "volume", volume: "uploads", target: "/app/uploads", readOnly: false },
        { kind: "volume", volume: "uploads", target: "/uploads-ro", readOnly: true },
        { kind: "tmpfs", target: "/scratch" },
      ];
      await up([stay({ mounts })], { volumes: ["uploads"] });
      expect(await sh("cat /run/secrets/key /etc/app/app.conf /app/conf/a.txt /conf-ro/a.txt /app/single.txt")).toBe(
        "s3cretconffrom the hostfrom the hostsingle",
      );
      expect(await sh("echo changed > /app/conf/a.txt && cat /app/conf/a.txt")).toBe("changed\n");
      expect(await readFile(join(folder, "conf", "a.txt"), "utf8")).toBe("from the host");
      expect(await sh("echo x > /conf-ro/a.txt")).toContain("Read-only");
      expect(await sh("echo x > /app/single.txt")).toMatch(/Read-only|denied/);
      expect(await sh("touch /app/empty/x /scratch/x && echo up > /app/uploads/f && cat /uploads-ro/f")).toBe("up\n");
      expect(await sh("echo x > /uploads-ro/g")).toContain("Read-only");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("that is not trusted may mount no link that leads elsewhere", async () => {
    const folder = await mkdtemp(join(tmpdir(), "dojang-binds-"));
    try {
      await symlink("/etc", join(folder, "link"));
      const mounts: ServiceSpec["mounts"] = [{ kind: "bind", source: join(folder, "link"), target: "/stolen", readOnly: true }];
      expect(await problemOf(up([stay({ mounts })], { trusted: false }))).toMatchObject({ code: "bind-leads-away", exit: "refused" });
      expect(await stage.runtime.list()).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("that is read-only can write to nothing but what it asked for", async () => {
    await up([stay({ readOnly: true, mounts: [{ kind: "tmpfs", target: "/cache" }] })]);
    expect(
      await sh(
        "for d in / /app /tmp /var/tmp /home/app; do touch $d/x 2>/dev/null && echo $d; done; touch /cache/x /dev/shm/x && echo fine",
      ),
    ).toBe("fine\n");
  });

  test("finds the others by name and alias, extra hosts, and trusts the environment's authority", async () => {
    const pem = "-----BEGIN CERTIFICATE-----\nnot a real one\n-----END CERTIFICATE-----\n";
    await up([stay({ extraHosts: { mail: "host-gateway" } }), server("api", context, { aliases: ["backend"] })], {
      certificateAuthorityPem: pem,
      extraHosts: { outside: "10.77.0.1" },
    });
    expect(await sh("getent hosts backend mail outside | awk '{print $1}'")).toBe("10.77.0.3\n10.77.0.1\n10.77.0.1\n");
    expect(await sh('cat "$NODE_EXTRA_CA_CERTS"')).toBe(pem);
    expect(await sh('grep -c "not a real one" "$SSL_CERT_FILE" /etc/ssl/certs/ca-certificates.crt')).toMatch(/:1\n.*:1\n/);
  });

  test("is ended by the kernel when it takes more memory than it may, and the others are not", async ({ skip }) => {
    if ((await findHierarchies()).length === 0) skip("no control groups here: the watchdog's test is elsewhere");
    await up([stay({ limits: { memoryBytes: 96 * mebibyte } }), server("api", context)]);
    const eaten = await sh("node -e 'const a = []; for (;;) a.push(Buffer.alloc(4194304, 1))'");
    expect(eaten).toContain("exit 137");
    expect((await stage.runtime.inspect(id))?.services.find((one) => one.name === "api")?.state).toBe("healthy");
  });

  test("may use no more processor than it may", async ({ skip }) => {
    if ((await findHierarchies()).length === 0) skip("no control groups here");
    await up([stay({ limits: { cpus: 0.2 } })]);
    const result = await sh(
      "node -e 'const t = process.hrtime.bigint(); while (process.hrtime.bigint() - t < 1000000000n); const u = process.cpuUsage(); console.log((u.user + u.system) / 1000)'",
    );
    expect(Number(result)).toBeLessThan(600);
  });

  test("keeps the volumes of staging on disk, where a full disk is not played", async () => {
    const mounts: ServiceSpec["mounts"] = [{ kind: "volume", volume: "kept", target: "/kept", readOnly: false }];
    await up([stay({ mounts })], { kind: "staging", volumes: ["kept"] });
    expect(await sh("stat -f -c %T /kept")).not.toBe("tmpfs\n");
    const problem = await problemOf(stage.runtime.fault(id, { kind: "disk-full", service: "one" }, { signal: AbortSignal.timeout(5_000) }));
    expect(problem).toMatchObject({ code: "fault-not-possible" });
  });

  test("that writes more to disk than the environment may is ended and says why", async () => {
    await up([stay()], { workspace: { tree: stage.workspace, mountAt: "/work" }, limits: { diskBytes: 1200 * mebibyte } });
    const steps = Array.from({ length: 3 }, (_, index) => `dd if=/dev/zero of=/work/${index} bs=1M count=600 2>/dev/null`).join("; ");
    const wrote = await run(stage.runtime, id, { command: ["sh", "-c", `${steps}; sleep 20`], timeoutMs: 25_000 });
    expect(wrote.timedOut).toBe(false);
    expect(wrote.exitCode).toBe(137);
    const lines = await eventually(
      async () => {
        const all: string[] = [];
        for await (const line of stage.runtime.logs(id, { follow: false, signal: AbortSignal.timeout(5_000) })) all.push(line.text);
        return all;
      },
      (seen) => seen.some((line) => line.includes("bytes to disk")),
    );
    expect(lines.length).toBeGreaterThan(0);
  });

  test("that never becomes healthy is quoted with its last lines", async () => {
    const failing = server("api", context, {
      health: { probe: { kind: "shell", command: "echo not yet; exit 3" }, intervalMs: 100, timeoutMs: 500, retries: 30, startPeriodMs: 0 },
    });
    const problem = await problemOf(up([failing]));
    expect(problem.code).toBe("service-unhealthy");
    expect(problem.message).toContain("not yet");
    expect(problem.message).toContain("exit code 3");
    expect(problem.message).toContain("api | listening");
  });
});
