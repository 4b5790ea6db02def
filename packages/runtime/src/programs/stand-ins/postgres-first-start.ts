// Run by the shell before PostgreSQL's server when scripts are mounted in /docker-entrypoint-initdb.d.
import { firstStart } from "./first-start.ts";
import { WireConnection } from "./postgres-wire.ts";

interface Plan {
  readonly postgres: string;
  readonly data: string;
  readonly run: string;
  readonly user: string;
  readonly database: string;
  readonly scripts: readonly string[];
}

// Written by postgres-program.ts.
const plan: Plan = JSON.parse(process.argv[2] ?? "{}");
const port = 5432;
const settings = ["listen_addresses=", `unix_socket_directories=${plan.run}`, "fsync=off"].flatMap((setting) => ["-c", setting]);

process.exitCode = await firstStart({
  data: plan.data,
  scripts: plan.scripts,
  server: [plan.postgres, "-D", plan.data, "-p", String(port), ...settings],
  stopSignal: "SIGINT",
  client: ["psql", "-v", "ON_ERROR_STOP=1", "--no-password", "--no-psqlrc", "-U", plan.user, "-d", plan.database],
  environment: { PGHOST: plan.run, PGPORT: String(port), PGUSER: plan.user, PGDATABASE: plan.database },
  isUp: () =>
    WireConnection.open({ host: plan.run, port, user: plan.user, database: plan.database, timeoutMs: 2_000 }).then(
      (connection) => {
        connection.close();
        return true;
      },
      () => false,
    ),
});
