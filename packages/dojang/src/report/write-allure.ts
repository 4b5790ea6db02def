import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AllureFile, allureFiles } from "./allure-result.ts";
import { reportedTests } from "./reported-tests.ts";
import type { RunFacts } from "./run-facts.ts";

export interface AllureOptions {
  readonly facts: RunFacts;
  /** Made when missing; files of another run in it are left alone, as Allure's own writers do. */
  readonly directory: string;
}

const openAtOnce = 32;

/** Writes results for `allure generate`. Returns how many files were written. */
export async function writeAllure({ facts, directory }: AllureOptions): Promise<number> {
  await mkdir(directory, { recursive: true });
  let written = 0;
  // A test at a time, so that the whole run is never in memory twice.
  for (const test of reportedTests(facts).tests) {
    for (const attempt of test.attempts) written += await writeAll(allureFiles(test, attempt, facts), directory);
  }
  return written + (await writeAll(runFiles(facts), directory));
}

async function writeAll(files: readonly AllureFile[], directory: string): Promise<number> {
  for (let from = 0; from < files.length; from += openAtOnce) {
    await Promise.all(files.slice(from, from + openAtOnce).map(({ name, content }) => writeFile(join(directory, name), content)));
  }
  return files.length;
}

function runFiles({ run, jobs }: RunFacts): AllureFile[] {
  const services = new Map(
    jobs.flatMap((job) =>
      job.shards.flatMap((shard) => shard.services.map((service) => [`service.${service.name}`, service.took] as const)),
    ),
  );
  const facts = new Map([
    ["project", run.project],
    ["commit", run.commit ?? ""],
    ["branch", run.branch ?? ""],
    ["runtime", run.runtime.summary],
    ...services,
  ]);
  return [
    { name: "categories.json", content: JSON.stringify(categories, undefined, 2) },
    { name: "environment.properties", content: [...facts].map(([key, value]) => `${property(key)} = ${property(value)}\n`).join("") },
    {
      name: "executor.json",
      content: JSON.stringify({ name: "Dojang", type: "dojang", buildOrder: run.number, buildName: `${run.project} #${run.number}` }),
    },
  ];
}

const categories = [
  { name: "The service answered with 5xx", matchedStatuses: ["failed", "broken"], messageRegex: "(?s).*\\b5\\d\\d\\b.*" },
  { name: "Ran into a timeout", matchedStatuses: ["failed", "broken"], messageRegex: "(?si).*(timeout|timed out).*" },
  { name: "Failed assertions", matchedStatuses: ["failed"] },
  { name: "Broken tests", matchedStatuses: ["broken"] },
];

/** java.util.Properties: `\`, `:`, `=` and line ends have a meaning there. */
function property(text: string): string {
  return text.replace(/[\\:=#! ]/g, "\\$&").replace(/\r?\n/g, "\\n");
}
