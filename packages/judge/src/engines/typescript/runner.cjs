/**
 * The runner inside a sandbox for TypeScript submissions, whose types are off already. Plain CommonJS, joined to one text for `node --eval` (runner-text.ts).
 *
 * Theory of operation. The test module is imported anew for every run, under an address of its own, and so is the program it imports:
 * `./solution.ts` leads to what this run was given, from memory, and nothing else of the sandbox can be imported but Node's own modules.
 * `node:test` and `vitest` lead to facades over a registry, which collects tests and runs them in order. Here guest and runner share a
 * process: whatever is said on descriptor 3 is the guest's word about the run it is in. The judge therefore asks in lockstep, gives a process only a few
 * runs, and confirms in new processes what the verdict stands on: see typescript-engine.ts.
 */
const { receive, send } = require("./channel.cjs");
const { loadFacade } = require("./facades.cjs");
const { messageLength } = require("./failure.cjs");
const { addressOf, show } = require("./guest-modules.cjs");
const { begin, testCount } = require("./registry.cjs");
const { runSuite } = require("./run-suite.cjs");
const { randomFrom } = require("./seeded-order.cjs");
const { settled } = require("./settled.cjs");

async function run(question, setup) {
  const root = begin();
  show({ ...question.files, [setup.testFile]: setup.tests }, question.nonce.slice(0, 8));
  const tests = [];
  let unloadable;
  try {
    await settled(import(addressOf(setup.testFile)));
  } catch (error) {
    unloadable = `${error?.name ?? "Error"}: ${error?.message ?? error}`.slice(0, messageLength);
  }
  if (testCount() > setup.mostTests)
    unloadable = `there are ${testCount()} tests, and no more than ${setup.mostTests} are run: leave some out, or let one test look at several values`;
  if (unloadable === undefined) await runSuite(root, tests, question.shuffle === undefined ? undefined : randomFrom(question.shuffle));
  return { tests, unloadable };
}

/** Timers, sockets and the like that a run left: with them the next run would not begin as this one did. */
const leftovers = () => process.getActiveResourcesInfo().filter((name) => !/^(PipeWrap|TTYWrap|FSReqPromise|Immediate)$/.test(name)).length;

async function main() {
  const setup = receive();
  for (const url of setup.facades) await loadFacade(url, setup.tests.includes("mock"));
  send({ kind: "ready", nonce: setup.nonce });
  const before = leftovers();
  for (;;) {
    const question = receive();
    const { tests, unloadable } = await run(question, setup);
    const memoryBytes = process.resourceUsage().maxRSS * 1024;
    send({ kind: "result", nonce: question.nonce, tests, unloadable, memoryBytes, dirty: leftovers() > before });
  }
}

main().catch((error) => {
  process.stderr.write(`${error?.stack ?? error}\n`);
  process.exit(70);
});
