// Run by the shell before MariaDB's or MySQL's server when scripts are mounted in /docker-entrypoint-initdb.d.
import { connect } from "node:net";
import { firstStart } from "./first-start.ts";

interface Plan {
  readonly server: readonly string[];
  readonly client: string;
  readonly data: string;
  readonly socket: string;
  readonly password: string;
  readonly database?: string;
  readonly scripts: readonly string[];
}

// Written by mysql-program.ts.
const plan: Plan = JSON.parse(process.argv[2] ?? "{}");

process.exitCode = await firstStart({
  data: plan.data,
  scripts: plan.scripts,
  server: [...plan.server, "--skip-networking"],
  stopSignal: "SIGTERM",
  client: [
    plan.client,
    "--no-defaults",
    `--socket=${plan.socket}`,
    "-uroot",
    "--default-character-set=utf8mb4",
    ...(plan.database === undefined ? [] : [plan.database]),
  ],
  environment: { MYSQL_PWD: plan.password, MYSQL_UNIX_PORT: plan.socket },
  isUp: () =>
    new Promise((resolve) => {
      const socket = connect(plan.socket);
      const finish = (up: boolean) => {
        socket.destroy();
        resolve(up);
      };
      socket.once("data", () => finish(true));
      socket.once("error", () => finish(false));
    }),
});
