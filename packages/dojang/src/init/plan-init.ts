import { projectName } from "../config/project-name.ts";
import type { RepositoryFacts, TestFacts } from "./repository-facts.ts";

export interface InitPlan {
  readonly text: string;
  /** What to know about it: what was seen, and what is left to write. */
  readonly notes: readonly string[];
}

/** Pure: a repository's facts -> a commented dojang.yml that passes `dojang check` and runs. */
export function planInit(facts: RepositoryFacts): InitPlan {
  const notes: string[] = [];
  const jobs = [...checkJobs(facts), ...atMost(unitJobs(facts), notes), ...atMost(integrationJobs(facts, notes), notes)];
  if (facts.composeFile === undefined)
    notes.push("there is no compose.yaml: the jobs run in the checkout alone; add one to test a running system");
  if (jobs.length === 0) {
    notes.push("no test was found: the file has one job that only shows the checkout; replace its step by the project's tests");
    jobs.push({ name: "look", comment: "No test was found; put the project's own command here.", lines: ["steps:", "  - run: ls"] });
  }
  for (const { name } of facts.services.filter(({ runnable }) => !runnable)) {
    notes.push(
      `how ${name} runs without Docker cannot be told from its Dockerfile: the command under services.${name} is a guess to correct`,
    );
  }
  for (const name of facts.refused) notes.push(`${name} is left out: it asks for what no environment gives, see services.${name}`);
  const lines = [
    "# What Dojang does with every change; `dojang check` explains it, docs/reference/dojang-yml.md has every key.",
    "version: 1",
    `name: ${projectName(facts.name)}`,
    ...(facts.composeFile === undefined ? [] : [`compose: ${facts.composeFile}`]),
    ...serviceLines(facts),
    "",
    "jobs:",
    ...jobs.flatMap(({ name, comment, lines }) => [`  # ${comment}`, `  ${name}:`, ...lines.map((line) => `    ${line}`)]),
  ];
  return { text: `${lines.join("\n")}\n`, notes };
}

/** A file one can read at a glance; a repository of many packages names the others in notes. */
const mostJobsOfAKind = 2;

function atMost(jobs: readonly JobText[], notes: string[]): JobText[] {
  for (const { name, comment } of jobs.slice(mostJobsOfAKind))
    notes.push(`the job ${name} was left out to keep the file short: ${comment}`);
  return jobs.slice(0, mostJobsOfAKind);
}

interface JobText {
  readonly name: string;
  readonly comment: string;
  readonly lines: readonly string[];
}

/** Scripts that look at the sources without running them. */
const checkScripts = ["lint", "typecheck", "type-check", "format:check", "check"];

function checkJobs({ scripts, language }: RepositoryFacts): JobText[] {
  const present = language === "node" ? checkScripts.filter((name) => scripts[name] !== undefined) : [];
  if (present.length === 0) return [];
  return [
    {
      name: "lint",
      comment: "Looks at the sources without running them.",
      lines: ["steps:", ...present.map((name) => `  - run: npm run ${name}`)],
    },
  ];
}

/** Scripts that by custom run the tests of single parts alone; all of a runner's tests may include those of a running system. */
const unitScripts = ["test:unit", "unit"];

/** A script that writes JUnit XML already is run as it is: told twice, Vitest takes two paths for one file. */
function vitestScript(script: string, command: string, report: string): string[] {
  const own = /--outputFile(?:\.junit)?[= ](\S+\.xml)/.exec(command)?.[1];
  if (own !== undefined) return ["steps:", `  - run: npm run ${script}`, `reports: { junit: ${own} }`];
  return [
    "steps:",
    `  - { run: npm run ${script} -- --reporter=default --reporter=junit --outputFile.junit=${report} }`,
    `reports: { junit: ${report} }`,
  ];
}

function unitJobs({ tests, scripts, language }: RepositoryFacts): JobText[] {
  const units = tests.filter((test) => !test.integration);
  const seen = new Set<string>();
  const jobs = units.flatMap((test): JobText[] => {
    const name = test.folder === "" ? "unit" : `unit-${projectName(test.folder)}`;
    if (seen.has(name)) return [];
    seen.add(name);
    const own = test.folder === "" ? unitScripts.find((script) => scripts[script]?.includes("vitest")) : undefined;
    const lines = own === undefined ? commandLines(test, "junit") : vitestScript(own, scripts[own] ?? "", "out/unit.xml");
    return [{ name, comment: `Tests of single parts, seen in ${test.seenIn}.`, lines }];
  });
  if (jobs.length === 0 && language === "node" && scripts.test !== undefined && !/no test specified/.test(scripts.test)) {
    return [{ name: "unit", comment: "The project's own test script.", lines: ["steps:", "  - run: npm test"] }];
  }
  return jobs;
}

/** Scripts that by custom talk to a running system. */
const integrationScripts = ["test:integration", "test:e2e", "test:functional", "integration", "e2e"];

function integrationJobs(facts: RepositoryFacts, notes: string[]): JobText[] {
  const { tests, composeFile, scripts } = facts;
  const found = tests.filter(({ integration }) => integration);
  const script = integrationScripts.find((name) => scripts[name] !== undefined);
  const commands = found.map((test) => ({ name: test.tool, seenIn: test.seenIn, lines: commandLines(test, "integration") }));
  if (commands.length === 0 && script !== undefined)
    commands.push({ name: "node-test", seenIn: "package.json", lines: ["steps:", `  - run: npm run ${script}`] });
  if (commands.length > 0 && script !== undefined && scripts[script]?.includes("vitest"))
    commands.push({ name: "vitest", seenIn: `the script ${script}`, lines: vitestScript(script, scripts[script], "out/integration.xml") });
  if (composeFile === undefined)
    return commands.map(({ name, seenIn, lines }) => ({ name: `e2e-${name}`, comment: `Tests seen in ${seenIn}.`, lines }));
  const head = ["kind: integration", ...prepareLines(facts)];
  if (commands.length === 0) {
    notes.push("no test of the running system was found: the job `system` only starts it and waits until it is healthy");
    return [
      {
        name: "system",
        comment: "Starts the whole system on its own network; put tests against it here.",
        lines: [...head, "steps:", "  - run: echo the system is healthy"],
      },
    ];
  }
  return commands.map(({ name, seenIn, lines }, index) => ({
    name: index === 0 ? "integration" : `integration-${name}`,
    comment: `Tests against a running copy of the whole system, seen in ${seenIn}.`,
    lines: [...head, ...lines],
  }));
}

function prepareLines({ scripts, services }: RepositoryFacts): string[] {
  const migrate = ["migrate", "db:migrate", "migrate:up", "migration:run"].find((name) => scripts[name] !== undefined);
  const service = services.find(({ build, database }) => build && database) ?? services.find(({ build }) => build);
  return migrate === undefined || service === undefined ? [] : ["prepare:", `  - { run: npm run ${migrate}, in: ${service.name} }`];
}

function commandLines(test: TestFacts, kind: "junit" | "integration"): string[] {
  const inFolder = test.folder === "" ? "" : `, working-directory: ${test.folder}`;
  const prefix = test.folder === "" ? "" : `${test.folder}/`;
  const report = kind === "integration" ? "out/integration.xml" : "out/unit.xml";
  switch (test.tool) {
    case "vitest":
      return [
        "steps:",
        `  - { run: npx vitest run --reporter=default --reporter=junit --outputFile.junit=${report}${inFolder} }`,
        `reports: { junit: ${prefix}${report} }`,
      ];
    case "node-test":
      return [
        "steps:",
        `  - run: mkdir -p out && npm test`,
        ...(test.folder === "" ? [] : [`    working-directory: ${test.folder}`]),
        `    env: { NODE_OPTIONS: --test-reporter=spec --test-reporter-destination=stdout --test-reporter=junit --test-reporter-destination=${report} }`,
        `reports: { junit: ${prefix}${report} }`,
      ];
    case "jest":
      return ["steps:", `  - { run: npx jest${inFolder} }`];
    case "playwright":
      return [
        "steps:",
        "  - run: npx playwright test --reporter=list,json",
        ...(test.folder === "" ? [] : [`    working-directory: ${test.folder}`]),
        "    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: out/playwright.json }",
        `reports: { playwright: ${prefix}out/playwright.json }`,
      ];
    case "pytest": {
      const folder = test.integration && test.seenIn.includes("/") ? ` ${test.seenIn.split("/").slice(0, -1).join("/")}` : "";
      return ["steps:", `  - run: python3 -m pytest${folder} --junitxml=${report}`, `reports: { junit: ${report} }`];
    }
  }
}

function serviceLines({ services, refused, language }: RepositoryFacts): string[] {
  const unknown = services.filter(({ runnable }) => !runnable);
  if (unknown.length === 0 && refused.length === 0) return [];
  const guess = language === "python" ? "python3 -m app" : "npm start";
  return [
    "",
    "services:",
    ...(refused.length === 0 ? [] : ["  # These ask for what no environment gives, and are not started."]),
    ...refused.map((name) => `  ${name}: { omit: true }`),
    ...(unknown.length === 0 ? [] : ["  # How these run without Docker could not be told: correct them."]),
    ...unknown.map(({ name }) => `  ${name}: { build: [], command: ${guess} }`),
  ];
}
