import { Worker } from "node:worker_threads";

/** TypeScript without its types, every line and column where it was. */
export type Stripped = { readonly text: string } | { readonly unreadable: { readonly message: string; readonly line?: number } };

/**
 * Takes the types off what a stranger or a model wrote, in a thread of its own. The compiler is a module of WebAssembly that lives as long as its thread:
 * a text that is nested deeply enough breaks it, and what was overrun then stays so; others keep it busy for hours. Texts are taken one after the other; a thread
 * in which anything but a mistake of syntax happened, or that took too long, is thrown away. Nothing of a text is run. Safe to close twice; a text that comes later has a new thread.
 */
export class TypeStripper {
  readonly #limitMs: number;
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** How long one text may take; an honest one takes milliseconds, and a busy machine is slow. */
  constructor({ limitMs = 20_000 }: { readonly limitMs?: number } = {}) {
    this.#limitMs = limitMs;
  }

  strip(text: string): Promise<Stripped> {
    const next = this.#last.then(() => this.#stripNow(text));
    this.#last = next.catch(() => {});
    return next;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  /** Where the machine is busy, its start is what takes time, and no text is to blame for that. */
  async #start(): Promise<Worker> {
    const worker = new Worker(threadText, { eval: true, stdout: true, stderr: true });
    // What ends one that nobody waits for is known when it is asked again.
    worker
      .on("error", () => {})
      .once("exit", () => {
        if (this.#worker === worker) this.#worker = undefined;
      });
    this.#worker = worker;
    const answer = await answerOf(worker, { limitMs: startLimitMs });
    if ("text" in answer) return worker;
    await this.close();
    throw new Error("the thread of the compiler does not start");
  }

  async #stripNow(text: string): Promise<Stripped> {
    const worker = this.#worker ?? (await this.#start());
    worker.ref();
    const answer = await answerOf(worker, { text, limitMs: this.#limitMs });
    worker.unref();
    if ("text" in answer) return answer;
    if ("syntax" in answer) return unreadable(answer.syntax);
    await this.close();
    return { unreadable: { message: answer.broken } };
  }
}

type Answer =
  | { readonly text: string }
  | { readonly syntax: { readonly message: string; readonly stack: string } }
  | { readonly broken: string };

const broken = "the compiler did not survive them";

const startLimitMs = 60_000;

/** About the text; without one, that it is ready. */
function answerOf(worker: Worker, { text, limitMs }: { readonly text?: string; readonly limitMs: number }): Promise<Answer> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => answered({ broken: "the compiler takes too long with them" }), limitMs);
    // The thread is ours: it sends nothing but this.
    const onMessage = (message: Answer) => answered(message);
    const onEnd = () => answered({ broken });
    const answered = (answer: Answer) => {
      clearTimeout(timer);
      worker.off("message", onMessage).off("error", onEnd).off("exit", onEnd);
      resolve(answer);
    };
    worker.on("message", onMessage).on("error", onEnd).on("exit", onEnd);
    if (text !== undefined) worker.postMessage(text);
  });
}

/** The stack begins with the place, as ":3\n\nconst x = ;\n          ^": the error has no field for it. */
function unreadable({ message, stack }: { readonly message: string; readonly stack: string }): Stripped {
  const found = /^[^\n]*:(\d+)\n/.exec(stack)?.[1];
  const line = found === undefined ? undefined : Number(found);
  return { unreadable: { message: `SyntaxError: ${message.trim()}`, ...(line === undefined ? {} : { line }) } };
}

// As text, so that it needs no file beside the packed command.
const threadText = `
const { stripTypeScriptTypes } = require("node:module");
const { parentPort } = require("node:worker_threads");
process.emitWarning = () => {};
stripTypeScriptTypes("let a: 1;", { mode: "strip" });
parentPort.postMessage({ text: "" });
parentPort.on("message", (text) => {
  try {
    parentPort.postMessage({ text: stripTypeScriptTypes(text, { mode: "strip" }) });
  } catch (error) {
    parentPort.postMessage(error instanceof SyntaxError ? { syntax: { message: error.message, stack: String(error.stack) } } : { broken: ${JSON.stringify(broken)} });
  }
});
`;
