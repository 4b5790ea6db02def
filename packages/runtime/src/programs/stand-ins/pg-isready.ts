// Stands in for pg_isready: 0 accepting connections, 1 refusing them (starting up), 2 no answer.
import { parseArgs } from "node:util";
import { WireConnection, WireError } from "./postgres-wire.ts";

const { values } = parseArgs({
  options: {
    host: { type: "string", short: "h" },
    port: { type: "string", short: "p" },
    username: { type: "string", short: "U" },
    dbname: { type: "string", short: "d" },
    timeout: { type: "string", short: "t" },
    quiet: { type: "boolean", short: "q" },
  },
});

const host = values.host ?? process.env.PGHOST ?? "/var/run/postgresql";
const port = Number(values.port ?? process.env.PGPORT ?? 5432);
const user = values.username ?? process.env.PGUSER ?? "postgres";
const options = { host, port, user, database: values.dbname ?? user, timeoutMs: Number(values.timeout ?? 3) * 1_000 };

/** SQLSTATE "cannot connect now": it is starting up or shutting down. */
const notYet = "57P03";

const [code, word] = await WireConnection.open(options).then(
  (connection): [number, string] => {
    connection.close();
    return [0, "accepting connections"];
  },
  (error: unknown): [number, string] => {
    if (!(error instanceof WireError) || error.code === undefined) return [2, "no response"];
    // Whoever asks for a password or a known database is up.
    return error.code === notYet ? [1, "rejecting connections"] : [0, "accepting connections"];
  },
);
if (!values.quiet) console.log(`${host}:${port} - ${word}`);
process.exit(code);
