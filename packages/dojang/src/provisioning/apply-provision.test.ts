import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyProvision, previewProvision } from "./apply-provision.ts";
import { type DojangPackage, dojangPackage } from "./pack-dojang.ts";
import { planProvision, probeRequest } from "./plan-provision.ts";
import type { ProvisionRequest } from "./provision-action.ts";
import { probeServer } from "./server-facts.ts";
import { localServer, type Server, type SshTarget, sshServer } from "./server-run.ts";
import { startSshd } from "./throwaway-sshd.ts";
import { openThrowawaySystem, type ThrowawaySystem } from "./throwaway-system.ts";

const run = promisify(execFile);
const options = { signal: new AbortController().signal };
let system: ThrowawaySystem | undefined;
let reason = "";
let folder: string;
let request: ProvisionRequest & { readonly app?: DojangPackage };
let inside: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dojang-provision-"));
  const opened = await openThrowawaySystem();
  if ("reason" in opened) {
    reason = opened.reason;
    return;
  }
  system = opened;
  inside = localServer(system.prefix);
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "me@laptop", "-f", join(folder, "key")]);
  request = {
    authorizedKeys: [(await readFile(join(folder, "key.pub"), "utf8")).trim()],
    node: { version: process.versions.node, file: process.execPath, architecture: process.arch },
    app: await dojangPackage(join(import.meta.dirname, "../../../..")),
    openPorts: [80, 443],
    serve: ["/opt/dojang/bin/dojang", "serve"],
  };
  // Where Dojang was run as root its state may be in the account's place.
  await said("rm -rf /var/lib/dojang");
  const updated = await inside.run({ script: "apt-get update -q", ...options, timeoutMs: 120_000 });
  if (updated.exitCode !== 0) reason = "packages cannot be fetched here";
}, 200_000);
afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await request.app?.discard();
  await rm(folder, { recursive: true, force: true });
});

const said = async (script: string) => (await inside.run({ script, ...options })).stdout.trim();

describe("a system that is thrown away", () => {
  test("is shown what would be done, and nothing of it is done", async ({ skip }) => {
    if (reason !== "") skip(reason);
    const before = await probeServer(inside, probeRequest, options.signal);
    const plan = await previewProvision(inside, request, options);
    expect(plan).toContain("+ account: the account dojang with /var/lib/dojang");
    expect(await probeServer(inside, probeRequest, options.signal)).toEqual(before);
  });

  test("with state of root's in the account's place says so, and touches none of it", async ({ skip }) => {
    if (reason !== "") skip(reason);
    await said("mkdir -p /var/lib/dojang/postgres");
    await expect(applyProvision(inside, request, options)).rejects.toMatchObject({
      code: "provision-failed",
      message: expect.stringMatching(/account .*belongs to root.*mv \/var\/lib\/dojang/s),
    });
    expect(await said("ls /var/lib/dojang; getent passwd dojang")).toBe("postgres");
    await said("rm -r /var/lib/dojang");
  }, 500_000);

  test("is set up for real; the second plan is empty, and nothing is done twice", async ({ skip }) => {
    if (reason !== "") skip(reason);
    // Keeps services of packages from starting; images of containers have one of their own.
    const guard = "cksum /usr/sbin/policy-rc.d 2>/dev/null";
    const guardBefore = await said(guard);
    const first = await applyProvision(inside, request, options);
    expect(first.done).toEqual(
      expect.arrayContaining(["account", "keys", "node", "dojang", "sysctl", "journal", "upgrades", "unit", "firewall"]),
    );
    expect(await said("getent passwd dojang")).toMatch(/:\/var\/lib\/dojang:\/bin\/bash$/);
    expect(await said("passwd -S dojang")).toMatch(/^dojang L /);
    expect(await said("stat -c '%a %U' /var/lib/dojang/.ssh/authorized_keys")).toBe("600 dojang");
    expect(await said("/opt/dojang/node/bin/node -p 1+1")).toBe("2");
    // Root is led to the account's; npm is there for what releases run.
    expect(await said("cd /root && dojang --version")).toBe(request.app?.version);
    expect(await said("/opt/dojang/node/bin/node /opt/dojang/node/lib/node_modules/npm/bin/npm-cli.js --version")).toMatch(/^\d+\./);
    expect(
      await said(
        "cd /opt/dojang/app && find packages -name '*.test.ts' | head -3; ls -d node_modules/vitest node_modules/typescript 2>/dev/null",
      ),
    ).toBe("");
    expect(await said("nft -c -f /etc/nftables.conf && echo fine")).toBe("fine");
    expect(await said(guard)).toBe(guardBefore);
    expect(planProvision(first.facts, request, { byKey: false }).filter(({ held }) => held === undefined)).toEqual([]);
    expect((await applyProvision(inside, request, options)).done).toEqual([]);
  }, 500_000);

  test("has put right what somebody changed, and only that", async ({ skip }) => {
    if (reason !== "") skip(reason);
    await said("echo '# mine' >> /etc/systemd/journald.conf.d/60-dojang.conf; rm /opt/dojang/node/bin/node");
    expect((await applyProvision(inside, request, options)).done).toEqual(["node", "journal"]);
  });

  test("that cannot take a change says what and why, and what was done stays", async ({ skip }) => {
    if (reason !== "") skip(reason);
    await said("rm -r /etc/systemd/journald.conf.d && echo x > /etc/systemd/journald.conf.d; rm /etc/apt/apt.conf.d/20auto-upgrades");
    await expect(applyProvision(inside, request, options)).rejects.toMatchObject({
      code: "provision-failed",
      message: expect.stringMatching(/journal .*journald\.conf\.d/s),
    });
    await said("rm /etc/systemd/journald.conf.d");
    expect((await applyProvision(inside, request, options)).done).toEqual(["journal", "upgrades"]);
  });
});

describe("over SSH", () => {
  let target: SshTarget | undefined;

  beforeAll(async () => {
    if (reason !== "" || system === undefined) return;
    const started = await startSshd(system, { identityFile: join(folder, "key"), ...options });
    if ("reason" in started) reason = started.reason;
    else target = started;
  }, 400_000);
  afterAll(async () => {
    if (target !== undefined) await said("kill $(cat /run/sshd.pid)");
  });

  test("passwords are switched off once a key was seen to log in, and the key goes on working", async ({ skip }) => {
    if (reason !== "" || target === undefined) skip(reason);
    const server = sshServer(target as SshTarget);
    const before = await probeServer(server, probeRequest, options.signal);
    expect(before.sshd).toEqual({ ports: [target?.port], passwords: true });
    // The port it came in by is another than the firewall knew.
    expect((await applyProvision(server, request, options)).done).toEqual(["firewall", "ssh-keys-only"]);
    expect((await probeServer(server, probeRequest, options.signal)).sshd?.passwords).toBe(false);
    expect(await said("cat /etc/nftables.d/dojang.nft")).toContain(`tcp dport { ${target?.port}, 80, 443 } accept`);
    await said("kill -HUP $(cat /run/sshd.pid)");
    await until(async () => (await server.logsInByKey?.("dojang", options.signal)) === true);
    expect((await applyProvision(server, request, options)).done).toEqual([]);
  });

  test("a change after which nobody gets in is taken back over the connection that is still open", async ({ skip }) => {
    if (reason !== "" || target === undefined) skip(reason);
    const server = sshServer(target as SshTarget);
    await said("rm /etc/ssh/sshd_config.d/10-dojang.conf");
    let asked = 0;
    // The first login, before the change, works; the one after it does not.
    const shutOut: Server = { ...server, logsInByKey: async () => ++asked <= 1 };
    await expect(applyProvision(shutOut, request, options)).rejects.toMatchObject({
      message: expect.stringContaining("it was taken back"),
    });
    expect(await said("test -e /etc/ssh/sshd_config.d/10-dojang.conf && echo there")).toBe("");
  });

  test("a server whose key is not known, or changed, is refused and told nothing", async ({ skip }) => {
    if (reason !== "" || target === undefined) skip(reason);
    const strangers = join(folder, "strangers");
    await writeFile(strangers, "");
    const server = sshServer({ ...(target as SshTarget), knownHostsFile: strangers });
    await expect(previewProvision(server, request, options)).rejects.toMatchObject({
      code: "server-unreachable",
      fix: expect.stringContaining("compare the server's key"),
    });
    expect(await readFile(strangers, "utf8")).toBe("");
  });

  test("a key that is not let in fails at once instead of asking for a password", async ({ skip }) => {
    if (reason !== "" || target === undefined) skip(reason);
    const other = join(folder, "other");
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", other]);
    await chmod(other, 0o600);
    const server = sshServer({ ...(target as SshTarget), identityFile: other });
    await expect(previewProvision(server, request, options)).rejects.toMatchObject({
      message: expect.stringContaining("Permission denied"),
    });
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 1200; round++) {
    if (await holds()) return;
    await delay(50);
  }
  throw new Error("it did not come");
}
