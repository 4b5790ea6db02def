/**
 * One mock in an environment. Variables name its plan, its files, its certificate and key: a runtime without mounts knows how to
 * rewrite paths there. The files are copied to a folder of its own, so that persistent stubs and bodies can be written and end with
 * it. What is wrong with them is said as `dojang-mock check` says it, and ends it with 2.
 */
import { cp, mkdtemp, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { formatFinding, Problem } from "@dojang/model";
import { environmentPlan } from "./environment-plan.ts";
import { namedHost } from "./named-host.ts";
import { isEmptyFolder, playEnvironment } from "./play-environment.ts";

const { DOJANG_MOCK_PLAN, DOJANG_MOCK_FILES, DOJANG_MOCK_CERTIFICATE, DOJANG_MOCK_KEY, DOJANG_LOOPBACK } = process.env;
const read = (path: string | undefined) => readFile(path ?? "", "utf8");
const files = await mkdtemp(join(homedir(), "mock-"));
try {
  const plan = environmentPlan.parse(JSON.parse(await read(DOJANG_MOCK_PLAN)));
  // Without a file the folder is not even mounted.
  if (DOJANG_MOCK_FILES !== undefined && !(await isEmptyFolder(DOJANG_MOCK_FILES))) await cp(DOJANG_MOCK_FILES, files, { recursive: true });
  const certificate = { key: await read(DOJANG_MOCK_KEY), certificate: await read(DOJANG_MOCK_CERTIFICATE) };
  const host = namedHost(plan.host, DOJANG_LOOPBACK);
  const played = await playEnvironment({ plan, files, certificate, host, say: (line) => console.log(line) });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void end());
  void played.shutdownAsked.then(end);

  async function end(): Promise<void> {
    await played[Symbol.asyncDispose]();
    process.exit(0);
  }
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  const strip = (text: string) => text.replaceAll(`${files}/`, "");
  console.error(`ERROR ${strip(error.message)}`);
  for (const finding of error.findings) console.error(`ERROR ${strip(formatFinding(finding))}`);
  process.exit(2);
}
