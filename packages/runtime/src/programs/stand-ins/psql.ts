// Stands in for psql where PostgreSQL's client commands are not installed: scripts, -c, -f and standard input; rows come
// as `psql -At` prints them. Of psql's own commands \connect, \echo, \i, \ir, \set, \q and \. are understood.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { WireConnection, WireError } from "./postgres-wire.ts";
import { cutScript, type ScriptPart } from "./sql-statements.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    host: { type: "string", short: "h" },
    port: { type: "string", short: "p" },
    username: { type: "string", short: "U" },
    dbname: { type: "string", short: "d" },
    command: { type: "string", short: "c", multiple: true },
    file: { type: "string", short: "f", multiple: true },
    variable: { type: "string", short: "v", multiple: true },
    set: { type: "string", multiple: true },
    quiet: { type: "boolean", short: "q" },
    "tuples-only": { type: "boolean", short: "t" },
    "no-align": { type: "boolean", short: "A" },
    "no-psqlrc": { type: "boolean", short: "X" },
    "no-password": { type: "boolean", short: "w" },
    "single-transaction": { type: "boolean", short: "1" },
    "echo-errors": { type: "boolean", short: "b" },
    "echo-all": { type: "boolean", short: "a" },
  },
});

const { env } = process;
const user = values.username ?? positionals[1] ?? env.PGUSER ?? env.POSTGRES_USER ?? env.USER ?? "postgres";
const variables = [...(values.variable ?? []), ...(values.set ?? [])];
let stopOnError = variables.some((text) => /^ON_ERROR_STOP=(1|on|true)$/i.test(text));
let failures = 0;

function open(database: string, as = user): Promise<WireConnection> {
  const asUrl = /^postgres(ql)?:\/\//.test(database) ? new URL(database) : undefined;
  return WireConnection.open(
    {
      host: asUrl?.hostname || values.host || env.PGHOST || "/var/run/postgresql",
      port: Number(asUrl?.port || values.port || env.PGPORT || 5432),
      user: asUrl?.username ? decodeURIComponent(asUrl.username) : as,
      database: asUrl ? decodeURIComponent(asUrl.pathname.slice(1)) : database,
      password: asUrl?.password ? decodeURIComponent(asUrl.password) : env.PGPASSWORD,
      timeoutMs: Number(env.PGCONNECT_TIMEOUT ?? 10) * 1_000,
    },
    (notice) => console.error(notice),
  );
}

async function main(): Promise<number> {
  let connection = await open(values.dbname ?? positionals[0] ?? env.PGDATABASE ?? user);
  const runPart = async (part: ScriptPart, folder: string): Promise<boolean> => {
    if (part.kind === "sql") {
      const { rows, tags } = await connection.query(part.text, part.copyData);
      for (const row of rows) console.log(row.map((value) => value ?? "").join("|"));
      if (!values.quiet && rows.length === 0) for (const tag of tags) console.log(tag);
      return true;
    }
    const [command = "", ...words] = part.text.split(/\s+/).map((word) => word.replace(/^(['"])(.*)\1$/, "$2"));
    if (command === "\\q") return false;
    if (command === "\\c" || command === "\\connect") {
      connection.close();
      connection = await open(words[0] ?? user, words[1] && words[1] !== "-" ? words[1] : user);
    } else if (command === "\\echo") console.log(words.join(" "));
    else if (command === "\\set") stopOnError ||= words[0] === "ON_ERROR_STOP" && /^(1|on|true)$/i.test(words[1] ?? "");
    else if (command === "\\i" || command === "\\ir") {
      const path = resolve(command === "\\ir" ? folder : ".", words[0] ?? "");
      return runScript(readFileSync(path, "utf8"), dirname(path));
    } else if (command !== "\\.") throw new WireError(`this stand-in for psql does not know ${command}; install postgresql-client`);
    return true;
  };
  const runScript = async (script: string, folder: string): Promise<boolean> => {
    for (const part of cutScript(script)) {
      try {
        if (!(await runPart(part, folder))) return false;
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        console.error(error.message);
        failures += 1;
        if (stopOnError || error.code === undefined) return false;
      }
    }
    return true;
  };
  const all = values["single-transaction"] ? [["begin", "."]] : [];
  for (const command of values.command ?? []) all.push([command, "."]);
  for (const file of values.file ?? [])
    all.push(file === "-" ? [readFileSync(0, "utf8"), "."] : [readFileSync(file, "utf8"), dirname(resolve(file))]);
  if (!values.command && !values.file) all.push([readFileSync(0, "utf8"), "."]);
  if (values["single-transaction"]) all.push(["commit", "."]);
  for (const [script = "", folder = "."] of all) if (!(await runScript(script, folder))) break;
  connection.close();
  if (failures === 0) return 0;
  return stopOnError ? 3 : values.command ? 1 : 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(`psql: error: ${error.message}`);
    process.exitCode = 2;
  },
);
