import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { localServer, type SshTarget } from "./server-run.ts";
import type { ThrowawaySystem } from "./throwaway-system.ts";

export interface SshdRequest {
  /** Private key that root may log in with; the public one stands beside it, and known_hosts will. */
  readonly identityFile: string;
  readonly signal: AbortSignal;
}

const installLimitMs = 200_000;
const install = "DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends openssh-server";

/**
 * For tests: a throwaway system's own SSH server, on a free port of the loopback address; /run/sshd.pid has its process inside. It ends
 * with the system. The reason where it cannot be had.
 */
export async function startSshd(
  system: ThrowawaySystem,
  { identityFile, signal }: SshdRequest,
): Promise<Required<SshTarget> | { readonly reason: string }> {
  const inside = localServer(system.prefix);
  const fetched = await inside.run({ script: `${install} || { apt-get update -q && ${install}; }`, signal, timeoutMs: installLimitMs });
  if (fetched.exitCode !== 0) return { reason: "openssh-server cannot be fetched here" };
  const publicKey = (await readFile(`${identityFile}.pub`, "utf8")).trim();
  const port = await freePort();
  const started = await inside.run({
    script: `set -e
mkdir -p /run/sshd /root/.ssh && chmod 700 /root/.ssh && printf '%s\\n' '${publicKey}' > /root/.ssh/authorized_keys
printf 'Port ${port}\\nListenAddress 127.0.0.1\\nPidFile /run/sshd.pid\\n' > /etc/ssh/sshd_config.d/00-test.conf
/usr/sbin/sshd </dev/null >/dev/null 2>&1
cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub`,
    signal,
  });
  if (started.exitCode !== 0) throw new Error(`sshd did not start: ${started.stderr}`);
  const knownHostsFile = join(dirname(identityFile), "known_hosts");
  await writeFile(knownHostsFile, `[127.0.0.1]:${port} ${started.stdout.trim()}\n`);
  return { host: "127.0.0.1", port, user: "root", identityFile, knownHostsFile };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("a server on TCP has a port");
  return address.port;
}
