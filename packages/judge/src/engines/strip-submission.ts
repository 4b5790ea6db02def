import { Worker } from "node:worker_threads";
import { type Stripped, strippedOf } from "./strip-source.ts";

/**
 * Takes the types off what a stranger wrote, in a thread of its own. The compiler is a module of WebAssembly that lives as long as its thread, and
 * a text that is nested deeply enough breaks it: what was overrun then stays so. Texts are taken one after the other; a thread in which anything but a
 * mistake of syntax happened, or that took too long, is thrown away. Safe to close twice; a text that comes later has a new thread.
 */
export class SubmissionStripper {
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();

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

  #start(): Worker {
    const worker = new Worker(threadText, { eval: true, stdout: true, stderr: true });
    // What ends one that nobody waits for is known when it is asked again.
    worker
      .on("error", () => {})
      .once("exit", () => {
        if (this.#worker === worker) this.#worker = undefined;
      });
    this.#worker = worker;
    return worker;
  }

  async #stripNow(text: string): Promise<Stripped> {
    const worker = this.#worker ?? this.#start();
    worker.ref();
    const answer = await answerOf(worker, text);
    worker.unref();
    if ("text" in answer) return answer;
    if ("syntax" in answer) return strippedOf(answer.syntax);
    await this.close();
    return { unreadable: { message: answer.broken } };
  }
}

const limitMs = 20_000;

type Answer =
  | { readonly text: string }
  | { readonly syntax: { readonly message: string; readonly stack: string } }
  | { readonly broken: string };

const broken = "the compiler did not survive them";

function answerOf(worker: Worker, text: string): Promise<Answer> {
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
    worker.postMessage(text);
  });
}

// As text, so that it needs no file beside the packed command.
const threadText = `
const { stripTypeScriptTypes } = require("node:module");
const { parentPort } = require("node:worker_threads");
process.emitWarning = () => {};
parentPort.on("message", (text) => {
  try {
    parentPort.postMessage({ text: stripTypeScriptTypes(text, { mode: "strip" }) });
  } catch (error) {
    parentPort.postMessage(error instanceof SyntaxError ? { syntax: { message: error.message, stack: String(error.stack) } } : { broken: ${JSON.stringify(broken)} });
  }
});
`;
