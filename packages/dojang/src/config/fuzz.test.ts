// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are files with variables, not templates.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatFinding, Problem } from "@dojang/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadProject, readProject } from "./load-project.ts";

/**
 * Valid files with random damage: whatever they become, reading them ends soon, with findings or a Problem. The damage is
 * drawn from a seed, so that a failure names the case that shows it again.
 */
const rounds = 150;
const slowestMs = 3_000;
const fixtures = join(import.meta.dirname, "fixtures");

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "dojang-fuzz-"));
  cpSync(join(fixtures, "compose", "express-multi-stage"), directory, { recursive: true });
});
afterAll(() => rmSync(directory, { recursive: true }));

const composeTexts = readdirSync(join(fixtures, "compose")).flatMap((name) =>
  readdirSync(join(fixtures, "compose", name))
    .filter((file) => /compose.*\.ya?ml$/.test(file))
    .map((file) => readFileSync(join(fixtures, "compose", name, file), "utf8")),
);
const dojangText = readFileSync(join(fixtures, "dojang.yml"), "utf8");
const dockerfileText = readFileSync(join(fixtures, "compose", "express-multi-stage", "Dockerfile"), "utf8");

test.each([
  ["dojang.yml", (random: Random) => ({ dojang: damage(dojangText, random) })],
  ["the Compose file", (random: Random) => ({ compose: damage(random.pick(composeTexts), random) })],
  ["the Dockerfile", (random: Random) => ({ dockerfile: damage(dockerfileText, random) })],
  ["the env file", (random: Random) => ({ env: damage("A='x'\nB=\"$A ${C:-d}\"\nexport E=1 # f\n", random) })],
])("damage to %s ends soon, in findings or a Problem", async (_, make) => {
  for (let seed = 1; seed <= rounds; seed++) {
    const random = new Random(seed);
    const damaged = {
      dojang: dojangText,
      compose: composeTexts[2] ?? "",
      dockerfile: dockerfileText,
      env: "DB_PASSWORD=x\n",
      ...make(random),
    };
    writeFileSync(join(directory, "dojang.yml"), damaged.dojang);
    writeFileSync(join(directory, "compose.yaml"), damaged.compose);
    writeFileSync(join(directory, "Dockerfile"), damaged.dockerfile);
    writeFileSync(join(directory, ".env"), damaged.env);
    const started = performance.now();
    try {
      const { findings } = readProject({ directory, env: {} });
      for (const finding of findings) expect(formatFinding(finding)).toMatch(/^\S.*: .+; .+/s);
      await loadProject({ directory, env: {} });
    } catch (error) {
      expect(error, `seed ${seed}`).toBeInstanceOf(Problem);
    }
    expect(performance.now() - started, `seed ${seed}`).toBeLessThan(slowestMs);
  }
});

/** Mulberry32: small, and the same everywhere. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed * 0x9e3779b9;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  pick<T>(list: readonly T[]): T {
    // Callers give lists that are not empty.
    return list[this.below(list.length)] as T;
  }
}

const pieces = [
  "&a ",
  "*a",
  "<<: *a\n",
  "${",
  "${A:-",
  "}",
  "$$",
  "!tag ",
  "[",
  "]",
  "{",
  "}",
  ": ",
  "- ",
  "\n",
  "\t",
  '"',
  "'",
  "#",
  "null",
  "~",
  "1e999",
  "0777",
  "-",
  "|",
  ">",
  "\0",
  "\u2028",
  "__proto__: 1\n",
  "constructor",
  "true",
  "..",
  "/",
  "\\",
  "FROM x\n",
  "COPY --from=0 . .\n",
];

function damage(text: string, random: Random): string {
  let result = text;
  for (let count = 1 + random.below(6); count > 0; count--) {
    const at = random.below(result.length + 1);
    const length = random.below(40);
    const kind = random.below(5);
    if (kind === 0) result = result.slice(0, at) + result.slice(at + length);
    else if (kind === 1) result = result.slice(0, at) + random.pick(pieces) + result.slice(at);
    else if (kind === 2)
      result = result.slice(0, at) + result.slice(at, at + length).repeat(2 + random.below(3)) + result.slice(at + length);
    else if (kind === 3) result = swapLines(result, random);
    else result = result.slice(0, at) + String.fromCharCode(random.below(0x500)) + result.slice(at + 1);
  }
  return result;
}

function swapLines(text: string, random: Random): string {
  const lines = text.split("\n");
  const [from, to] = [random.below(lines.length), random.below(lines.length)];
  const kept = lines[from] ?? "";
  lines[from] = lines[to] ?? "";
  lines[to] = kept;
  return lines.join("\n");
}
