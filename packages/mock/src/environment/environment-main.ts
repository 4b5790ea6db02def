/**
 * One mock in an environment: `node environment.mjs --plan P --files F --certificate C --key K`. Its files are copied to a folder of
 * its own, so that persistent stubs and bodies can be written and end with it. What is wrong with them is said as `dojang-mock check`
 * says it, and ends it with 2.
 */
import { cp, mkdtemp, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { formatFinding, Problem } from "@dojang/model";
import { environmentPlan } from "./environment-plan.ts";
import { isEmptyFolder, playEnvironment } from "./play-environment.ts";

const { values } = parseArgs({
  options: { plan: { type: "string" }, files: { type: "string" }, certificate: { type: "string" }, key: { type: "string" } },
});
const read = (path: string | undefined) => readFile(path ?? "", "utf8");
const files = await mkdtemp(join(homedir(), "mock-"));
try {
  const plan = environmentPlan.parse(JSON.parse(await read(values.plan)));
  // Without a file the folder is not even mounted.
  if (values.files !== undefined && !(await isEmptyFolder(values.files))) await cp(values.files, files, { recursive: true });
  const certificate = { key: await read(values.key), certificate: await read(values.certificate) };
  const played = await playEnvironment({ plan, files, certificate, say: (line) => console.log(line) });
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
