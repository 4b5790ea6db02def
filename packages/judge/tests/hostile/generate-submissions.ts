import type { Language } from "../../src/contract.ts";
import { randomFrom } from "../../src/judging/seeded-random.ts";
import { type Attack, anyRefusal, between, type HostileSubmission, pick, type Random } from "./attack.ts";
import { pythonAttacks } from "./python-attacks.ts";
import { typeScriptAttacks } from "./typescript-attacks.ts";

/**
 * Hostile and broken submissions, the same ones for the same seed. Each kind of each language is attacked in a test on every program first; then
 * the same happens elsewhere: when the module is loaded, in a hook, in a thread, on variants alone, after another attack, or in a text that is cut off.
 */
export function generateSubmissions({ seed, count }: { readonly seed: number; readonly count: number }): readonly HostileSubmission[] {
  const random = randomFrom(seed);
  const all = [...pythonAttacks.map((attack) => ({ lang: "python" as const, attack }))].flatMap((one, index) => {
    const other = typeScriptAttacks[index % typeScriptAttacks.length];
    return other === undefined ? [one] : [one, { lang: "typescript" as const, attack: other }];
  });
  return Array.from({ length: count }, (_, index) => {
    // As long as the list is: a round of each kind.
    const { lang, attack } = all[index % all.length] ?? all[0] ?? missing();
    return index < all.length ? plainly(lang, attack, random) : elsewhere(lang, attack, random);
  });
}

function missing(): never {
  throw new Error("there are no attacks");
}

function plainly(lang: Language, { kind, allowed, lines, text }: Attack, random: Random): HostileSubmission {
  return { lang, kind, allowed, text: text?.(random) ?? inTest[lang](lines?.(random) ?? "") };
}

function elsewhere(lang: Language, attack: Attack, random: Random): HostileSubmission {
  const { kind, lines } = attack;
  if (lines === undefined) return plainly(lang, attack, random);
  const code = lines(random);
  const others = lang === "python" ? pythonAttacks : typeScriptAttacks;
  const second = others[between(random, 0, others.length - 1)];
  const place = pick(random, "test", "load", "hook", "thread", "variants", "after another", "cut off");
  if (place === "test") return { lang, kind, allowed: attack.allowed, text: inTest[lang](code) };
  const made = (text: string): HostileSubmission => ({ lang, kind, allowed: anyRefusal, text });
  // It catches two of three at most: what it does there it does where `double(3)` is not 6.
  if (place === "variants") return { ...made(onVariants[lang](code)), allowed: ["survivors", "flaky", "false_alarm"] };
  if (place === "load") return made(onLoad[lang](code));
  if (place === "hook") return made(inHook[lang](code));
  if (place === "thread") return made(inThread[lang](code));
  if (place === "cut off") {
    const text = inTest[lang](code);
    return made(text.slice(0, between(random, 1, text.length)));
  }
  return made(inTest[lang](`${second?.lines?.(random) ?? ""}\n${code}`));
}

const indented = (code: string, by = "    "): string => code.replaceAll(/^/gm, by);

// The other test catches nothing, so nothing of this may ever be accepted.
const pythonHead = "import pytest\nfrom solution import double\ndef test_two(): assert double(2) == 4\n";
const typeScriptHead =
  'import assert from "node:assert/strict";\nimport { createRequire } from "node:module";\nimport { afterEach, before, test } from "node:test";\nimport { double } from "./solution.ts";\nconst node = createRequire("file:///work/x.js");\ntest("two", () => assert.equal(double(2), 4));\n';

type Place = Readonly<Record<Language, (code: string) => string>>;

const inTest: Place = {
  python: (code) => `${pythonHead}def test_attack():\n${indented(code)}\n`,
  typescript: (code) => `${typeScriptHead}test("attack", async () => {\n${code}\n});\n`,
};

const onLoad: Place = {
  python: (code) => `${code}\n${pythonHead}`,
  typescript: (code) => `${typeScriptHead}${code}\n`,
};

const inHook: Place = {
  python: (code) =>
    `${pythonHead}@pytest.fixture(autouse=True)\ndef attack():\n    yield\n${indented(code)}\ndef test_again(): assert double(2) == 4\n`,
  typescript: (code) => `${typeScriptHead}before(async () => {\n${code}\n});\nafterEach(async () => {\n${code}\n});\n`,
};

const inThread: Place = {
  python: (code) =>
    `${pythonHead}import threading\ndef attack():\n${indented(code)}\ndef test_attack():\n    threading.Thread(target=attack).start()\n    assert double(2) == 4\n`,
  typescript: (code) => `${typeScriptHead}test("attack", () => {\nvoid (async () => {\n${code}\n})();\n});\ntest("again", () => {});\n`,
};

const onVariants: Place = {
  python: (code) => `${pythonHead}def test_attack():\n    if double(3) == 6: return\n${indented(code)}\n`,
  typescript: (code) => `${typeScriptHead}test("attack", async () => {\nif (double(3) === 6) return;\n${code}\n});\n`,
};
