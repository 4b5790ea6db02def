import type { Exercise, Language, ProgramFiles, SourceFile } from "../contract.ts";
import type { Lane } from "../engines/engine.ts";

/** How many inputs an exercise's generator is asked for. */
export const generatedInputs = 200;

/**
 * The generator of an exercise has `generate(random)`, which makes an input, and `observe(solution, input)`, which gives what a user of
 * the program sees with it, as JSON. Both run in the sandbox, as the only test of a submission; what comes back is a digest per input.
 */
export function observingTests({ lang, seed }: Pick<Exercise, "lang" | "seed">, generator: SourceFile): SourceFile {
  const module = generator.name.replace(/\.\w+$/, "");
  return { name: generator.name, text: harness[lang]({ module, seed }) };
}

/** The same for few inputs, by number from 0, of which comes back what they are and what is observed: `shown` and a list of `ShownInput` as JSON, each text cut. */
export function showingTests(
  { lang, seed }: Pick<Exercise, "lang" | "seed">,
  generator: SourceFile,
  numbers: readonly number[],
): SourceFile {
  const module = generator.name.replace(/\.\w+$/, "");
  return { name: generator.name, text: harness[lang]({ module, seed, numbers }) };
}

export interface ShownInput {
  readonly number: number;
  readonly input: string;
  readonly seen: string;
}

const shownLetters = 180;

type Harness = (options: { readonly module: string; readonly seed: number; readonly numbers?: readonly number[] }) => string;

const harness: Readonly<Record<Language, Harness>> = {
  python: ({ module, seed, numbers }) => `import hashlib, json, random
import solution
import ${module} as generator

def test_observe():
    seen = []
    for number in ${numbers === undefined ? `range(${generatedInputs})` : JSON.stringify(numbers)}:
        made = generator.generate(random.Random("${seed}:%d" % number))
        given = ${numbers === undefined ? "None" : "repr(made)"}
        try:
            value = generator.observe(solution, made)
        except Exception as error:
            value = {"raised": type(error).__name__}
        ${
          numbers === undefined
            ? "seen.append(hashlib.sha256(json.dumps(value, sort_keys=True, default=repr).encode()).hexdigest()[:8])"
            : `seen.append({"number": number, "input": given[:${shownLetters}], "seen": json.dumps(value, sort_keys=True, default=repr, ensure_ascii=False)[:${shownLetters}]})`
        }
    raise AssertionError(${numbers === undefined ? `"observed " + ",".join(seen)` : `"shown " + json.dumps(seen, ensure_ascii=False)`})
`,
  typescript: ({ module, seed, numbers }) => `import { createHash } from "node:crypto";
import { test } from "node:test";
import * as solution from "./solution.ts";
import * as generator from "./${module}.ts";

function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

test("observe", async () => {
  const seen = [];
  for (const number of ${numbers === undefined ? `Array(${generatedInputs}).keys()` : JSON.stringify(numbers)}) {
    const made = generator.generate(randomFrom(${seed} * 100003 + number));
    const given = ${numbers === undefined ? "undefined" : "JSON.stringify(made) ?? String(made)"};
    let value;
    try {
      value = await generator.observe(solution, made);
    } catch (error) {
      value = { raised: error?.constructor?.name ?? typeof error };
    }
    ${
      numbers === undefined
        ? `seen.push(createHash("sha256").update(JSON.stringify(value) ?? "undefined").digest("hex").slice(0, 8));`
        : `seen.push({ number, input: given.slice(0, ${shownLetters}), seen: (JSON.stringify(value) ?? "undefined").slice(0, ${shownLetters}) });`
    }
  }
  throw new Error(${numbers === undefined ? `"observed " + seen.join(",")` : `"shown " + JSON.stringify(seen)`});
});
`,
};

export type Observation = { readonly digests: readonly string[] } | { readonly failed: string };

export async function observeProgram(lane: Lane, generator: SourceFile, files: ProgramFiles): Promise<Observation> {
  const { end, tests, message } = await lane.run({ ...files, [generator.name]: generator.text });
  const said = tests[0]?.message ?? message ?? "";
  const found = /observed ([0-9a-f,]+)/.exec(said)?.[1]?.split(",") ?? [];
  if (end === "finished" && found.length === generatedInputs) return { digests: found };
  return { failed: end === "finished" ? said : `${end} ${said}` };
}
