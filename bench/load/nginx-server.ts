import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** A server whose process can be stopped and started again: SIGSTOP is a stall that every client sees. */
export interface BenchServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  stop(): void;
  go(): void;
}

/** nginx with one worker, answering 12 bytes, on one core. */
export async function startNginx(core: number): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), "dojang-bench-nginx-"));
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const configuration = join(folder, "nginx.conf");
  writeFileSync(
    configuration,
    `worker_processes 1; daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 8192; }
http { access_log off; keepalive_requests 1000000000; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server { listen 127.0.0.1:${port} backlog=8192; location / { return 200 "hello world\\n"; } } }
`,
  );
  const child = spawn("taskset", ["-c", String(core), "nginx", "-c", configuration], { stdio: "ignore" });
  await listening(port, child);
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    stop: () => void child.kill("SIGSTOP"),
    go: () => void child.kill("SIGCONT"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGCONT");
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}: is it installed?`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => resolve(false));
    });
    if (open) return;
    await wait(25);
  }
  throw new Error(`nothing listens on port ${port}`);
}
