import { createServer, get } from "node:http";
import { type FakeContext, type FakeProgram, type FakeScript, untilKilled } from "./fake-program.ts";

/** The contract suite's actor and shell lines, played in memory. Each verb does what the one of actor.mjs does. */
export const actorScript: FakeScript = ({ argv }) => {
  if (argv[0] === "node" && argv[1] === "actor.mjs") return verbs[argv[2] ?? ""] ?? noSuchVerb;
  if (argv[0] === "sh") return lines[argv[2] ?? ""] ?? lineByStart(argv[2] ?? "");
  if (argv[0] === "cat") return showFile;
  return notFound;
};

const verbs: Readonly<Record<string, FakeProgram>> = {
  async serve(context) {
    const port = Number(context.environment.PORT ?? 8000);
    const readyAt = Date.now() + Number(context.environment.READY_AFTER_MS ?? 0);
    return new Promise<number>((resolve) => {
      const server = createServer((request, response) => {
        context.print(`asked ${request.url}\n`);
        if (request.url === "/boom") return resolve(9);
        response.statusCode = request.url === "/ready" && Date.now() < readyAt ? 503 : 200;
        response.end(context.environment.ANSWER ?? "hello");
      });
      context.listen(port, (socket) => server.emit("connection", socket));
      context.print("listening\n");
      context.onTerminate(() => {
        context.print("ending\n");
        resolve(0);
      });
    });
  },
  async print(context) {
    for (let line = 1; line <= Number(context.argv[3]); line++) context.print(`line ${line}\n`, line % 2 ? "stdout" : "stderr");
    return untilKilled(context.signal);
  },
  async exit(context) {
    context.print(`ending with ${context.argv[3]}\n`);
    return Number(context.argv[3]);
  },
  stay: (context) => untilKilled(context.signal),
  async stubborn(context) {
    context.onTerminate(() => context.print("not yet\n"));
    return untilKilled(context.signal);
  },
  async tree(context) {
    context.print("tree\n");
    return untilKilled(context.signal);
  },
  async count(context) {
    context.print("0\n");
    return 0;
  },
  async cat(context) {
    context.print(Buffer.from(context.stdin).toString());
    return 0;
  },
  async flood(context) {
    while (!context.signal.aborted) context.print("x".repeat(1024));
    return 0;
  },
  async variable(context) {
    context.print(`${context.environment[context.argv[3] ?? ""] ?? "unset"}\n`);
    return 0;
  },
  async read(context) {
    context.print(`${(await context.readFile(context.argv[3] ?? "")) ?? "refused ENOENT"}\n`);
    return 0;
  },
  async write(context) {
    context.writeFile(context.argv[3] ?? "", context.argv[4] ?? "");
    return 0;
  },
  async reach(context) {
    context.print("refused ENETUNREACH\n");
    return 0;
  },
  async ask(context) {
    context.print(`${await fetchText(context, context.environment[context.argv[3] ?? ""] ?? "")}\n`);
    return 0;
  },
};

async function fetchText(context: FakeContext, url: string): Promise<string> {
  const { hostname: host, port, pathname: path } = new URL(url);
  const patience = AbortSignal.timeout(1_000);
  const late = new Promise<never>((_resolve, reject) => patience.addEventListener("abort", () => reject(new Error("timeout"))));
  try {
    const socket = await Promise.race([context.connect({ host, port: Number(port) }), late]);
    return await new Promise((resolve, reject) => {
      const asked = get({ path, headers: { host, connection: "close" }, createConnection: () => socket }, (response) => {
        let text = "";
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => resolve(`${response.statusCode} ${text}`));
      });
      asked.on("error", reject);
    });
  } catch (error) {
    return `error ${error instanceof Error ? error.message : error}`;
  }
}

const lines: Readonly<Record<string, FakeProgram>> = {
  'echo kept > "$SHARED"': async (context) => {
    context.writeFile(context.environment.SHARED ?? "", "kept\n");
    return 0;
  },
  'cat "$SHARED"': async (context) => {
    context.print((await context.readFile(context.environment.SHARED ?? "")) ?? "");
    return 0;
  },
  "cat given.txt && echo changed > given.txt && echo new > new.txt && cat given.txt": async (context) => {
    context.print((await context.readFile("given.txt")) ?? "");
    context.writeFile("given.txt", "changed\n");
    context.writeFile("new.txt", "new\n");
    context.print((await context.readFile("given.txt")) ?? "");
    return 0;
  },
  "echo building $FLAVOUR": async (context) => {
    context.print(`building ${context.environment.FLAVOUR}\n`);
    return 0;
  },
  "echo made > made.txt": async (context) => {
    context.writeFile("made.txt", "made\n");
    return 0;
  },
  "echo out of luck >&2; exit 4": async (context) => {
    context.print("out of luck\n", "stderr");
    return 4;
  },
};

const showFile: FakeProgram = async (context) => {
  context.print((await context.readFile(context.argv[1] ?? "")) ?? "");
  return 0;
};

const noSuchVerb: FakeProgram = async (context) => {
  context.print(`no verb ${context.argv[2]}\n`, "stderr");
  return 1;
};

const notFound: FakeProgram = async (context) => {
  context.print(`${context.argv[0]}: not found\n`, "stderr");
  return 127;
};

function lineByStart(line: string): FakeProgram {
  return async (context) => {
    context.print(`the fake shell does not know: ${line}\n`, "stderr");
    return 2;
  };
}
