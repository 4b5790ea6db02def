import { spawn } from "node:child_process";
import { lstat, mkdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { makeTestHome } from "../store/test-store.ts";
import { shortKey } from "./edge-site.ts";
import { ask, freePort, openTestBed, type TestBed, told, until } from "./edge-test-bed.ts";

const beds: TestBed[] = [];
afterEach(async () => {
  for (const bed of beds.splice(0)) await bed.close();
});

/** A second nginx, with a site of its own, that includes what Dojang hands over. */
async function openSystem(content = "", home?: string) {
  let folder = "";
  const command = (...more: string[]) => ["nginx", "-p", folder, "-e", "stderr", "-c", `${folder}/nginx.conf`, ...more];
  const bed = await openTestBed({
    home,
    system: {
      get includeFile() {
        return `${folder}/conf.d/dojang.conf`;
      },
      get test() {
        return command("-t", "-q");
      },
      get reload() {
        return command("-s", "reload");
      },
      get reopen() {
        return command("-s", "reopen");
      },
    },
  });
  beds.push(bed);
  folder = join(bed.home, "system");
  await mkdir(join(folder, "conf.d"), { recursive: true });
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join("\n");
  const own = `server { listen 127.0.0.1:${bed.http} default_server; server_name own.example; return 200 "the machine's own"; }`;
  await writeFile(
    join(folder, "nginx.conf"),
    `daemon off; pid ${folder}/nginx.pid; events {} http { access_log off; ${temporary} ${own} ${content} include ${folder}/conf.d/*.conf; }`,
  );
  const [binary = "", ...args] = command();
  const started = spawn(binary, args, { stdio: "ignore" });
  bed.onClose(
    () =>
      new Promise<void>((resolve) => {
        started.on("exit", () => resolve());
        if (started.exitCode === null) started.kill("SIGTERM");
        else resolve();
      }),
  );
  await until(
    "the machine's nginx answers",
    async () => (await ask({ path: "/", port: bed.http, host: "own.example" }).catch(() => undefined))?.status === 200,
  );
  return { bed, folder };
}

test("the machine's own nginx serves the site beside its own, with slots, HTTPS and log; and is left as it was", async () => {
  const { bed } = await openSystem();
  const site = bed.site({
    nginx: "system",
    tls: "self-signed",
    routes: [
      { path: "/", to: "web" },
      { path: "/api", to: "web", strip: true },
    ],
  });
  await bed.serve("r1", "web");
  await bed.serve("r2", "web");
  expect(await bed.edge.apply([site])).toEqual({ changed: true });
  expect(await bed.edge.apply([site])).toEqual({ changed: false });
  await bed.point("r1");
  expect(await bed.edge.start()).toBe("not-needed");
  const asked = () => bed.ask("/api/x", { tls: true });
  await until("the reload is through", async () => (await asked().catch(() => undefined))?.status === 200);
  expect(told(await asked())).toMatchObject({ release: "r1", url: "/x" });
  await bed.point("r2");
  expect(told(await asked()).release).toBe("r2");
  expect((await bed.ask("/", { host: "own.example" })).body).toBe("the machine's own");
  await until("the log has it", async () => (await readFile(bed.edge.accessLog, "utf8")).includes('"slot"'));
  await rm(bed.edge.accessLog);
  await bed.edge.reopenLogs();
  await until("the log is there again", async () =>
    readFile(bed.edge.accessLog, "utf8").then(
      () => true,
      () => false,
    ),
  );
  expect(await bed.edge.apply([])).toEqual({ changed: true });
  await until("the site is gone", async () => (await bed.ask("/")).body === "the machine's own");
});

test.runIf(process.getuid?.() === 0)(
  "a deep home has a short name for the machine's nginx, which is made again when it is gone",
  async () => {
    const outer = await makeTestHome();
    const home = join(outer, "x".repeat(120));
    await mkdir(home, { mode: 0o711 });
    const short = join("/run/dojang", shortKey(await realpath(home)));
    try {
      const { bed } = await openSystem("", home);
      await bed.serve("r1", "web");
      await bed.edge.apply([bed.site({ nginx: "system" })]);
      await bed.point("r1");
      const status = async () => (await bed.ask("/").catch(() => undefined))?.status;
      const body = async () => (await bed.ask("/").catch(() => undefined))?.body ?? "";
      await until("the site answers", async () => (await body()).includes('"release":"r1"'));
      await rm(short);
      await until("it is dead", async () => (await status()) === 502);
      await bed.edge.ensure();
      expect(await status()).toBe(200);
      await bed.edge.apply([]);
      await expect(lstat(short)).rejects.toThrow("ENOENT");
    } finally {
      for (const bed of beds.splice(0)) await bed.close();
      await rm(short, { force: true });
      await rm(outer, { recursive: true, force: true });
    }
  },
);

test("what the machine's nginx refuses is told in its words and taken back", async () => {
  const port = await freePort();
  const { bed, folder } = await openSystem(`limit_req_zone $uri zone=taken:1m rate=1r/s; server { listen 127.0.0.1:${port}; }`);
  const site = bed.site({ nginx: "system" });
  await bed.edge.apply([site]);
  const before = await readFile(join(folder, "conf.d/dojang.conf"), "utf8");
  const bad = { ...site, definition: { ...site.definition, hosts: ["*.*.x"] } };
  await expect(bed.edge.apply([bad])).rejects.toMatchObject({ code: "system-nginx-refused", message: expect.stringContaining('"*.*.x"') });
  expect(await readFile(join(folder, "conf.d/dojang.conf"), "utf8")).toBe(before);
});

test("a folder that cannot be written is told with a way out", async () => {
  const { bed, folder } = await openSystem();
  await rm(join(folder, "conf.d"), { recursive: true });
  await expect(bed.edge.apply([bed.site({ nginx: "system" })])).rejects.toMatchObject({ code: "system-nginx-unwritable" });
});
