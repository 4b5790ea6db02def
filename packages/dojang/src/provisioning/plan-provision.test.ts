import { describe, expect, test } from "vitest";
import { describePlan, planProvision, probeRequest } from "./plan-provision.ts";
import type { ProvisionRequest } from "./provision-action.ts";
import { parseFacts, probeScript, type ServerFacts } from "./server-facts.ts";
import { localServer, quoted } from "./server-run.ts";
import { neededPackages, wantedSysctl } from "./system-actions.ts";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGEk me@laptop";
const request: ProvisionRequest = {
  authorizedKeys: [key],
  node: { version: "24.21.0", file: "/opt/node", architecture: "x64" },
  openPorts: [80, 443],
  serve: ["/opt/dojang/bin/dojang", "serve"],
};
const byKey = { byKey: true };

/** As the probe's script answers on a new server. */
const ubuntu = `os=ubuntu
version=24.04
architecture=x86_64
uid=0
systemd=yes
memory=4008000
swap=0
package=openssh-server
package=ufw
package=tar
package=curl
package=unattended-upgrades
package=systemd-timesyncd
sysctl=net.core.somaxconn 4096
sysctl=user.max_user_namespaces 15000
sysctl=kernel.apparmor_restrict_unprivileged_userns 1
sshport=2222
sshpasswords=yes
unit=nginx.service not-found
unit=redis-server.service not-found
unit=dojang.service not-found
time=yes
`;
const debian = `os=debian
version=12
architecture=aarch64
uid=0
systemd=yes
memory=16000000
swap=1000000
package=openssh-server
package=nginx
sysctl=kernel.unprivileged_userns_clone 0
sshport=22
sshpasswords=no
file=/etc/ssh/sshd_config.d/10-dojang.conf eA==
unit=nginx.service enabled
unit=redis-server.service disabled
unit=dojang.service not-found
`;

const ids = (facts: ServerFacts, login = byKey) =>
  planProvision(facts, request, login).map(({ action, held }) => (held === undefined ? action.id : `${action.id} waits`));

describe("a new Ubuntu 24.04", () => {
  const facts = parseFacts(ubuntu);

  test("gets everything, the way in last", () => {
    expect(ids(facts)).toEqual([
      ...["packages", "account", "keys", "node", "sysctl", "swap", "apparmor", "journal", "upgrades", "unit", "firewall", "ssh-keys-only"],
    ]);
  });

  test("keeps the port of SSH open that it has, beside those of the edge", () => {
    const firewall = planProvision(facts, request, byKey).find(({ action }) => action.id === "firewall");
    expect(firewall?.changes).toEqual([
      "ufw allow 2222/tcp",
      "ufw allow 80/tcp",
      "ufw allow 443/tcp",
      "ufw enable: everything else from outside is dropped",
    ]);
    const script = firewall?.action.script(facts) ?? "";
    expect(script.indexOf("ufw allow 2222/tcp")).toBeLessThan(script.indexOf("--force enable"));
  });

  test("loses no password login before somebody was seen to come in by key", () => {
    expect(ids(facts, { byKey: false }).at(-1)).toBe("ssh-keys-only waits");
    expect(describePlan(planProvision(facts, request, { byKey: false }))).toContain("waits: nobody was seen to log in by key yet");
  });

  test("without AppArmor's restriction gets no profile, and with enough memory no swap", () => {
    const free = { ...facts, memoryBytes: 8 * 1024 ** 3, sysctl: { ...facts.sysctl, "kernel.apparmor_restrict_unprivileged_userns": "0" } };
    expect(ids(free)).not.toContain("apparmor");
    expect(ids(free)).not.toContain("swap");
  });

  test("is told of before anything is done: each change with its reason", () => {
    const said = describePlan(planProvision(facts, request, byKey));
    expect(said).toContain("+ packages: programs that Dojang stands on\n    why: nginx is the edge");
    expect(said).toContain("    apt-get install nginx bubblewrap redis-server iptables");
    expect(said).toContain(`adds me@laptop to /var/lib/dojang/.ssh/authorized_keys`);
    expect(said).toContain("      KillMode=process");
  });
});

describe("a Debian 12 of another architecture", () => {
  const facts = parseFacts(debian);

  test("is given nftables, namespaces for everybody, and its own nginx is switched off", () => {
    expect(ids(facts)).toEqual([
      ...[
        "packages",
        "services-off",
        "account",
        "keys",
        "node waits",
        "sysctl",
        "journal",
        "time",
        "upgrades",
        "unit",
        "firewall",
        "ssh-keys-only",
      ],
    ]);
    const plan = planProvision(facts, request, byKey);
    const of = (id: string) => plan.find(({ action }) => action.id === id);
    expect(of("node")?.held).toContain("this machine's Node is of x64, the server is arm64");
    expect(of("services-off")?.changes).toEqual(["systemctl disable --now nginx.service"]);
    expect(of("sysctl")?.changes.join("\n")).toContain("kernel.unprivileged_userns_clone = 1");
    expect(of("firewall")?.changes.join("\n")).toContain("tcp dport { 22, 80, 443 } accept");
  });

  test("with everything as it should be has an empty plan", () => {
    const open = planProvision(facts, request, byKey);
    const files = { ...facts.files };
    for (const { action } of open) {
      const [, encoded = "", path = ""] = /printf %s '([^']+)' \| base64 -d >>? (\S+)/.exec(action.script(facts)) ?? [];
      if (path !== "") files[path.replace(".dojang-new", "")] = Buffer.from(encoded, "base64").toString();
    }
    const done: ServerFacts = {
      ...facts,
      files,
      architecture: "x86_64",
      packages: [...neededPackages(facts), ...facts.packages],
      account: { home: "/var/lib/dojang", shell: "/bin/bash" },
      nodeVersion: "24.21.0",
      sysctl: { ...wantedSysctl, "kernel.unprivileged_userns_clone": "1" },
      firewall: { ufw: false, nft: true },
      units: { "dojang.service": "enabled" },
      timeSynchronized: true,
    };
    expect(ids(done)).toEqual([]);
    expect(describePlan(planProvision(done, request, byKey))).toBe("everything is as it should be\n");
    const named = { ...request, node: { ...request.node, version: "v24.21.0" } };
    expect(planProvision(done, named, byKey)).toEqual([]);
    // What somebody changed is put right again, and nothing else.
    expect(ids({ ...done, nodeVersion: "22.0.0" })).toEqual(["node"]);
    expect(ids({ ...done, sshd: { ports: [22], passwords: true } })).toEqual(["ssh-keys-only"]);
  });
});

describe("what is refused", () => {
  const facts = parseFacts(ubuntu);

  test("another system, somebody who is not root, a key that is none or is private", () => {
    expect(() => ids({ ...facts, version: "22.04" })).toThrow("the server runs ubuntu 22.04");
    expect(() => ids({ ...facts, isRoot: false })).toThrow("not root");
    for (const authorizedKeys of [["-----BEGIN OPENSSH PRIVATE KEY-----"], ["ssh-ed25519 AAAA x\nssh-rsa BBBB y"], [""]]) {
      expect(() => planProvision(facts, { ...request, authorizedKeys }, byKey)).toThrow("is no public key");
    }
  });

  test("an account of the name with another home is not taken over", () => {
    const [first] = planProvision({ ...facts, account: { home: "/home/dojang", shell: "/bin/sh" } }, request, byKey).filter(
      ({ action }) => action.id === "account",
    );
    expect(first?.action.script({ ...facts, account: { home: "/home/dojang", shell: "/bin/sh" } })).toContain("exit 1");
  });
});

test("the probe reads this very machine with a plain shell, and its answer is read back", async () => {
  const answer = await localServer().run({ script: probeScript(probeRequest), signal: AbortSignal.timeout(30_000) });
  expect(answer.exitCode).toBe(0);
  const facts = parseFacts(answer.stdout);
  expect(facts.isRoot).toBe(process.getuid?.() === 0);
  expect(facts.memoryBytes).toBeGreaterThan(100 * 1024 * 1024);
  expect(facts.architecture).toMatch(/x86_64|aarch64/);
});

test("words for a remote shell come through as they are", async () => {
  const text = 'it\'s $HOME `id` "x"\n\\';
  const answer = await localServer().run({ script: `printf %s ${quoted(text)}`, signal: AbortSignal.timeout(10_000) });
  expect(answer.stdout).toBe(text);
});
