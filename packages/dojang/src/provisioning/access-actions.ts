import { fileAction, type ProvisionAction, type ProvisionRequest, withSystemd } from "./provision-action.ts";
import type { ServerFacts } from "./server-facts.ts";
import { usesUfw } from "./system-actions.ts";

/** The port one is logged in by is always open, whatever it is. */
function portsToOpen(facts: ServerFacts, { openPorts }: ProvisionRequest): readonly number[] {
  const ssh = facts.sshd?.ports ?? [];
  return [...new Set([...(ssh.length > 0 ? ssh : [22]), ...openPorts])];
}

const firewallWhy = "databases and services listen on this machine; the outside reaches SSH and the edge, nothing else";

export function firewallAction(request: ProvisionRequest, facts: ServerFacts): ProvisionAction {
  const ports = portsToOpen(facts, request);
  const what = `a firewall that lets in ${ports.join(", ")}`;
  return usesUfw(facts) ? ufwAction(ports, what) : nftAction(ports, what);
}

function ufwAction(ports: readonly number[], what: string): ProvisionAction {
  return {
    ...{ id: "firewall", what },
    why: firewallWhy,
    applies: (facts) => facts.systemd,
    isDone: (facts) => facts.firewall.ufw,
    changes: () => [...ports.map((port) => `ufw allow ${port}/tcp`), "ufw enable: everything else from outside is dropped"],
    // Allowed before anything is denied: this connection must not be the first that is cut.
    script: () =>
      `set -e\n${ports.map((port) => `ufw allow ${port}/tcp`).join("\n")}\nufw default deny incoming\nufw default allow outgoing\nufw --force enable`,
    undo: "ufw --force disable",
  };
}

/** A table of our own beside whatever there is: other tables may drop more, and are not touched. */
function nftAction(ports: readonly number[], what: string): ProvisionAction {
  const path = "/etc/nftables.d/dojang.nft";
  const content = `#!/usr/sbin/nft -f
# Written by Dojang.
table inet dojang
delete table inet dojang
table inet dojang {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    iif lo accept
    meta l4proto { icmp, ipv6-icmp } accept
    udp dport 546 ip6 daddr fe80::/64 accept
    tcp dport { ${ports.join(", ")} } accept
  }
}
`;
  const include = `grep -qs 'include "${path}"' /etc/nftables.conf || printf '\\ninclude "${path}"\\n' >> /etc/nftables.conf`;
  const action = fileAction({
    ...{ id: "firewall", what, path, content },
    why: firewallWhy,
    after: `nft -c -f ${path}\n${include}\n${withSystemd(`nft -f ${path}\nsystemctl enable nftables.service`)}`,
    alsoDone: (facts) => !facts.systemd || facts.firewall.nft,
  });
  return { ...action, undo: "nft delete table inet dojang" };
}

const sshPath = "/etc/ssh/sshd_config.d/10-dojang.conf";

/**
 * Waits until somebody was seen to log in by key. Afterwards a second login is tried on a connection of its own, while this one is still
 * open: when it is refused, the file is taken back.
 */
export const sshKeysOnlyAction: ProvisionAction = {
  ...fileAction({
    id: "ssh-keys-only",
    path: sshPath,
    content: "# Written by Dojang.\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n",
    what: "SSH takes keys, no passwords",
    why: "every server on the net is tried with passwords day and night",
    applies: (facts) => facts.sshd !== undefined,
    alsoDone: (facts) => facts.sshd?.passwords === false,
    after: `mkdir -p /run/sshd
if ! sshd -t; then rm -f ${sshPath}; exit 1; fi
${withSystemd("systemctl reload ssh.service 2>/dev/null || systemctl reload sshd.service")}`,
  }),
  held: (_facts, login) =>
    login.byKey ? undefined : "nobody was seen to log in by key yet: run it over SSH with a key, so that no one is locked out",
  undo: `rm -f ${sshPath}\n${withSystemd("systemctl reload ssh.service 2>/dev/null || systemctl reload sshd.service")}`,
};
