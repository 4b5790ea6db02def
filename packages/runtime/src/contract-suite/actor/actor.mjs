// The program of every service and command in the contract suite: `node actor.mjs VERB ARGS...`. Plain JavaScript and
// node: modules only, so that it runs in an image of any age. fake/ plays the same verbs in memory.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:http";
import { connect } from "node:net";

const [verb, ...args] = process.argv.slice(2);

/** Waits for a signal that never comes. */
const stay = () => setInterval(() => {}, 60_000);

function reach(host, port, timeoutMs = 1_500) {
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: timeoutMs });
    const finish = (word) => {
      socket.destroy();
      resolve(word);
    };
    socket.once("connect", () => finish("reached"));
    socket.once("timeout", () => finish("refused timeout"));
    socket.once("error", (error) => finish(`refused ${error.code}`));
  });
}

function fetchText(url) {
  return new Promise((resolve) => {
    const asked = get(url, { timeout: 3_000, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve(`${response.statusCode} ${text}`));
    });
    asked.on("timeout", () => asked.destroy(new Error("timeout")));
    asked.on("error", (error) => resolve(`error ${error.code ?? error.message}`));
  });
}

function commandLines() {
  if (!existsSync("/proc/self/cmdline")) return execFileSync("ps", ["-axo", "args="], { encoding: "utf8" }).split("\n");
  return readdirSync("/proc").map((name) => {
    try {
      return /^\d+$/.test(name) ? readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ") : "";
    } catch {
      return "";
    }
  });
}

const verbs = {
  /** HTTP on $PORT: `/` answers $ANSWER, `/boom` ends the process with 9, `/ready` is 503 until $READY_AFTER_MS. */
  serve() {
    const port = Number(process.env.PORT ?? 8000);
    const readyAt = Date.now() + Number(process.env.READY_AFTER_MS ?? 0);
    const server = createServer((request, response) => {
      console.log(`asked ${request.url}`);
      if (request.url === "/boom") process.exit(9);
      response.statusCode = request.url === "/ready" && Date.now() < readyAt ? 503 : 200;
      response.end(process.env.ANSWER ?? "hello");
    });
    server.listen(port, () => console.log("listening"));
    process.on("SIGTERM", () => {
      console.log("ending");
      process.exit(0);
    });
  },
  /** Prints line 1 to N, on both streams by turns, then stays. */
  print() {
    for (let line = 1; line <= Number(args[0]); line++) (line % 2 ? console.log : console.error)(`line ${line}`);
    stay();
  },
  /** Prints a line and ends with the code. */
  exit() {
    console.log(`ending with ${args[0]}`);
    process.exitCode = Number(args[0]);
  },
  stay,
  /** Lives on through SIGTERM. */
  stubborn() {
    process.on("SIGTERM", () => console.log("not yet"));
    console.log("standing");
    stay();
  },
  /** Has a child, known by a word, that ignores signals and left the session. */
  tree() {
    spawn(process.execPath, [process.argv[1], "stubborn", args[0]], { detached: true, stdio: "ignore" });
    console.log("tree");
    stay();
  },
  /** How many such children can be seen. */
  count() {
    console.log(commandLines().filter((line) => line.includes("stubborn") && line.includes(args[0])).length);
  },
  cat() {
    process.stdin.pipe(process.stdout);
  },
  flood() {
    const line = `${"x".repeat(1023)}\n`;
    const go = () => {
      while (process.stdout.write(line));
      process.stdout.once("drain", go);
    };
    go();
  },
  variable() {
    console.log(process.env[args[0]] ?? "unset");
  },
  directory() {
    console.log(process.cwd());
  },
  write() {
    writeFileSync(args[0], args[1]);
  },
  read() {
    try {
      console.log(readFileSync(args[0], "utf8"));
    } catch (error) {
      console.log(`refused ${error.code}`);
    }
  },
  async reach() {
    console.log(await reach(args[0], args[1]));
    process.exit(0);
  },
  /** Logs in to PostgreSQL at $DATABASE_HOST. */
  async "log-in"() {
    const { WireConnection } = await import("./postgres-wire.ts");
    const { DATABASE_HOST: host, DATABASE_PORT: port } = process.env;
    const options = { host, port: Number(port), user: args[0], password: args[1], database: args[2], timeoutMs: 5_000 };
    const word = await WireConnection.open(options).then(
      async (connection) => {
        await connection.query("create table if not exists seen (at timestamptz)");
        connection.close();
        return "in";
      },
      (error) => `refused ${error.message}`,
    );
    console.log(word);
  },
  /** Two commands to Redis at $CACHE_HOST: AUTH, PING. */
  redis() {
    const socket = connect({ host: process.env.CACHE_HOST, port: Number(process.env.CACHE_PORT) });
    socket.write(`AUTH ${args[0]}\r\nPING\r\nQUIT\r\n`);
    let text = "";
    socket.on("data", (chunk) => (text += chunk));
    socket.on("close", () => console.log(text.trim().split("\r\n").slice(0, 2).join(" ")));
  },
  /** Asks the URL that is the value of a variable, as applications do. */
  async ask() {
    console.log(await fetchText(process.env[args[0]]));
    process.exit(0);
  },
};

await verbs[verb]();
