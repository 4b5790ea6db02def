import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HealthCheck, ServiceSpec } from "@dojang/model";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { actorProgram, environment, server, service } from "../contract-suite/actor-services.ts";
import { ask } from "../contract-suite/network-section.ts";
import { neverAborted, run } from "../contract-suite/stage.ts";
import { type HostStage, openHostStage } from "./host-stage.ts";

/** Real programs of the machine in place of images, with what people mount into them. */
let stage: HostStage;
beforeAll(async () => {
  stage = await openHostStage({
    // Longer than the address of a socket may be: programs have to get by.
    homeName: "a-state-folder-whose-path-is-longer-than-the-address-of-a-unix-socket-may-be",
  });
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

const shell = (command: string): HealthCheck => ({
  probe: { kind: "shell", command },
  intervalMs: 500,
  timeoutMs: 5_000,
  retries: 100,
  startPeriodMs: 0,
});
const bind = (source: string, target: string): ServiceSpec["mounts"][number] => ({ kind: "bind", source, target, readOnly: true });

test("PostgreSQL runs the scripts of docker-entrypoint-initdb.d once, in order, before anyone can connect", async () => {
  const scripts = join(stage.folder, "initdb");
  await mkdir(scripts);
  await writeFile(join(scripts, "1-tables.sql"), "create table t (a int, b text);\nCOPY t (a, b) FROM stdin;\n1\tone; two\n\\.\n");
  await writeFile(
    join(scripts, "2-more.sh"),
    'psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<-\'SQL\'\ninsert into t values (2, $$it\'s$$);\nSQL\n',
  );
  await writeFile(join(scripts, "notes.txt"), "passed over");
  const db = service(
    "db",
    { kind: "image", image: "postgres:16" },
    {
      environment: { POSTGRES_PASSWORD: "pw", POSTGRES_DB: "app" },
      mounts: [
        bind(scripts, "/docker-entrypoint-initdb.d"),
        { kind: "volume", volume: "pgdata", target: "/var/lib/postgresql/data", readOnly: false },
      ],
      health: shell("pg_isready -U postgres -d app -h localhost"),
    },
  );
  const id = stage.newId();
  await stage.up(environment(id, [db], { volumes: ["pgdata"], startTimeoutMs: 60_000 }));
  const rows = await run(stage.runtime, id, {
    service: "db",
    command: ["psql", "-U", "postgres", "-d", "app", "-At", "-c", "select a, b from t order by a"],
  });
  expect(rows.stdout).toBe("1|one; two\n2|it's\n");
  // Stopped and brought up again, it keeps its data and does not run them twice.
  const stopped = await stage.runtime.fault(id, { kind: "stop", service: "db" }, { signal: neverAborted() });
  await stopped.heal();
  const again = await run(stage.runtime, id, {
    service: "db",
    command: ["psql", "-U", "postgres", "-d", "app", "-At", "-c", "select count(*) from t"],
  });
  expect(again.stdout).toBe("2\n");
});

test("the same commands work through the stand-ins, where no client of PostgreSQL is installed", async () => {
  const id = stage.newId();
  const db = service(
    "db",
    { kind: "image", image: "postgres:17" },
    { environment: { POSTGRES_PASSWORD: "pw", POSTGRES_USER: "me" }, health: shell("pg_isready") },
  );
  await stage.up(environment(id, [db], { startTimeoutMs: 60_000 }));
  const ours = async (line: string) =>
    run(stage.runtime, id, { service: "db", command: ["sh", "-c", `PATH="$(dirname "$(command -v nc)"):$PATH"; ${line}`] });
  const shelf = (await ours("command -v pg_isready")).stdout;
  expect(shelf).toContain("stand-ins-");
  expect((await ours("pg_isready -U me")).stdout).toContain("accepting connections");
  expect((await ours("pg_isready -h 127.0.0.1 -p 9")).exitCode).toBe(2);
  expect(
    (await ours("psql -U me -c 'create table x (n int)' && echo 'insert into x values (7); select n from x;' | psql -U me -q")).stdout,
  ).toContain("7\n");
  expect(await ours("echo 'select oops;' | psql -v ON_ERROR_STOP=1 -U me")).toMatchObject({ exitCode: 3 });
});

test("MariaDB plays mysql:8 with its database, its user and its scripts", async ({ skip }) => {
  const script = join(stage.folder, "seed.sql");
  await writeFile(script, "create table greetings (word varchar(20));\ninsert into greetings values ('안녕');\n");
  const id = stage.newId();
  const db = service(
    "db",
    {
      kind: "image",
      image: "mysql:8",
      command: ["--character-set-server=utf8mb4", "--default-authentication-plugin=mysql_native_password"],
    },
    {
      environment: { MYSQL_ROOT_PASSWORD: "root's", MYSQL_DATABASE: "shop", MYSQL_USER: "shop", MYSQL_PASSWORD: "it's" },
      mounts: [bind(script, "/docker-entrypoint-initdb.d/seed.sql")],
      health: shell('mysqladmin ping -h 127.0.0.1 -ushop -p"$MYSQL_PASSWORD"'),
    },
  );
  const failure = await stage.up(environment(id, [db], { startTimeoutMs: 60_000 })).then(
    () => undefined,
    (error) => error,
  );
  if (failure?.code === "image-unavailable") skip(failure.message);
  if (failure) throw failure;
  const said = await run(stage.runtime, id, {
    service: "db",
    command: ["mysql", "-ushop", "-pit's", "--default-character-set=utf8mb4", "-N", "-e", "select word from greetings", "shop"],
  });
  expect(said, said.stderr).toMatchObject({ exitCode: 0 });
  expect(said.stdout).toBe("안녕\n");
  expect(
    (await run(stage.runtime, id, { service: "db", command: ["mysql", "-ushop", "-pwrong", "-e", "select 1", "shop"] })).exitCode,
  ).not.toBe(0);
});

test("nginx serves mounted files and hands on to a service by its name, from port 80", async ({ skip }) => {
  const site = join(stage.folder, "site.conf");
  const html = join(stage.folder, "html");
  await mkdir(html);
  await writeFile(join(html, "index.html"), "<h1>front</h1>");
  await writeFile(
    site,
    "upstream backend { server api:8000; }\nserver {\n  listen 80;\n  listen [::]:80;\n  root /usr/share/nginx/html;\n  location /api/ { proxy_pass http://backend/; }\n  location /direct { proxy_pass http://api:8000; }\n}\n",
  );
  const id = stage.newId();
  const web = service(
    "web",
    { kind: "image", image: "nginx:1.25-alpine" },
    {
      ports: [{ container: 80, published: 8080, protocol: "tcp" }],
      mounts: [bind(site, "/etc/nginx/conf.d/default.conf"), bind(html, "/usr/share/nginx/html")],
      health: shell("wget -q --spider http://localhost/ || curl -fsS http://localhost/"),
      dependsOn: [{ service: "api", condition: "healthy", required: true }],
    },
  );
  const failure = await stage.up(environment(id, [web, server("api", stage.context)])).then(
    () => undefined,
    (error) => error,
  );
  if (failure?.code === "image-unavailable") skip(failure.message);
  if (failure) throw failure;
  const get = async (path: string) => ask(await stage.runtime.connect(id, { host: "web", port: 80 }, { signal: neverAborted() }), path);
  expect((await get("/")).text).toBe("<h1>front</h1>");
  expect((await get("/api/x")).text).toBe("hello");
  expect((await get("/direct")).text).toBe("hello");
});

test("a Python service that listens on the port it is told gets one of its own, and others find it", async () => {
  const context = await mkdtemp(join(stage.folder, "python-"));
  await writeFile(
    join(context, "app.py"),
    "import http.server, os\nhttp.server.HTTPServer(('', int(os.environ['PORT'])), http.server.SimpleHTTPRequestHandler).serve_forever()\n",
  );
  const recipe = {
    language: "python",
    build: [],
    command: ["python3 app.py"],
    directory: "/srv",
    environment: {},
    origin: "test",
  } as const;
  const python = (name: string) =>
    service(
      name,
      { kind: "build", context, args: {}, recipe },
      {
        ports: [{ container: 8000, protocol: "tcp" }],
        health: { ...shell(""), probe: { kind: "http", method: "GET", path: "/app.py", port: 8000 } },
      },
    );
  const id = stage.newId();
  const asker = service("asker", actorProgram(stage.context, "stay"), {
    environment: { ONE_URL: "http://one:8000/app.py", TWO_URL: "http://two:8000/app.py" },
  });
  await stage.up(environment(id, [python("one"), python("two"), asker]));
  for (const variable of ["ONE_URL", "TWO_URL"])
    expect((await stage.act(id, "asker", ["ask", variable])).stdout).toContain("200 import http.server");
});
