import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { askModel, type ModelAnswer } from "./ask-model.ts";
import { type ModelConnection, openConnection, type ProviderName, providers } from "./model-connection.ts";
import { Spending, type SpendingOptions } from "./spending.ts";
import { openVendor, type Script, type Scripted, type Vendor, vendorKey } from "./vendor-server.fixture.ts";

const schema = z.object({ word: z.string(), count: z.number() });
const good = { word: "도장", count: 2 };

let records: string;
let vendor: Vendor | undefined;
let told: string[] = [];
beforeEach(() => {
  records = mkdtempSync(join(tmpdir(), "dojang-judge-ask-"));
  told = [];
});
afterEach(async () => {
  await vendor?.close();
  rmSync(records, { recursive: true });
});

interface Asking extends Partial<Pick<ModelConnection, "replayOnly" | "timeoutMs" | "model">>, SpendingOptions {
  readonly key?: string;
  readonly prompt?: string;
  readonly spending?: Spending;
  readonly signal?: AbortSignal;
}

const price = { input: 4, output: 20, from: "given" };

/** Of a server that answers with these, one after the other; the last again and again. */
async function serve(...answers: readonly [Scripted, ...Scripted[]]): Promise<void> {
  const script: Script = (_, number) => answers[Math.min(number, answers.length) - 1] ?? answers[0];
  await vendor?.close();
  vendor = await openVendor(script);
}

function ask(provider: ProviderName, asking: Asking = {}): Promise<ModelAnswer<z.infer<typeof schema>>> {
  const { replayOnly = false, timeoutMs = 60_000, model = "claude-opus-5-5", key = vendorKey } = asking;
  const asked = { provider, model, baseUrl: vendor?.baseUrl, keyFrom: "TEST_KEY", records, replayOnly, timeoutMs };
  return askModel({
    connection: openConnection(asked, { TEST_KEY: key }),
    spending: asking.spending ?? new Spending({ price, capUsd: 100 }),
    schema,
    schemaName: "word",
    promptName: "a-prompt",
    prompt: asking.prompt ?? "Say a word.",
    maxOutputTokens: 2_000,
    retryWaitMs: 1,
    signal: asking.signal ?? AbortSignal.timeout(55_000),
    tell: (line) => told.push(line),
  });
}

const problemOf = async (asked: Promise<unknown>): Promise<Problem> => {
  const problem = await asked.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(problem instanceof Problem)) throw new Error(`no Problem: ${problem instanceof Error ? problem.stack : problem}`);
  return problem;
};

const recorded = () => readdirSync(records).map((file) => readFileSync(join(records, file), "utf8"));

describe.each(providers)("a model behind the format of %s", (provider) => {
  test("is asked with a schema, and its answer is read, counted and recorded", async () => {
    await serve({ say: good, usage: { input: 1_000, output: 500 } });
    const spending = new Spending({ price, capUsd: 100 });
    expect(await ask(provider, { spending })).toEqual({ kind: "answer", value: good, text: JSON.stringify(good) });
    expect(spending.spent()).toEqual({ calls: 1, input: 1_000, output: 500, usd: 0.014, earlierUsd: 0, uncertainCalls: 0 });
    expect(vendor?.requests[0]).toMatchObject({ prompt: "Say a word.", body: { model: "claude-opus-5-5", max_tokens: 2_000 } });
    expect(recorded()).toHaveLength(1);
  });

  test("is asked once for one question: the same again, also by another process, is answered from the records", async () => {
    await serve({ say: good }, { say: { word: "another", count: 3 } });
    const first = await ask(provider);
    const spending = new Spending({ price, capUsd: 0.000001 });
    expect(await ask(provider, { spending })).toEqual(first);
    expect(spending.spent()).toMatchObject({ calls: 1, usd: 0.112, earlierUsd: 0.112 });
    expect(await ask(provider, { prompt: "Say another word." })).not.toEqual(first);
    expect(vendor?.requests).toHaveLength(2);
  });

  test("is replayed without a server and without a key; what is not recorded is a Problem that names it", async () => {
    await serve({ say: good });
    const first = await ask(provider);
    await vendor?.close();
    expect(await ask(provider, { replayOnly: true, key: "" })).toEqual(first);
    const problem = await problemOf(ask(provider, { replayOnly: true, prompt: "Unknown." }));
    expect(problem).toMatchObject({ code: "replay-unknown", exit: "configuration" });
    expect(problem.message).toMatch(
      /^there is no recorded answer [0-9a-f]{32}\.json: a-prompt asked of claude-opus-5-5, POST \/v1\/(messages|chat\/completions)$/,
    );
  });

  test("that is busy or broken is asked again, as long after as it says", async () => {
    await serve({ status: 429, retryAfter: "0" }, { status: 500 }, { status: 529 }, { say: good });
    const spending = new Spending({ price, capUsd: 100 });
    expect(await ask(provider, { spending })).toMatchObject({ kind: "answer" });
    expect(spending.spent()).toMatchObject({ calls: 1, uncertainCalls: 0 });
    expect(told).toEqual([
      expect.stringMatching(/answered 429: overloaded; trying again in 0\.0 s/),
      expect.stringMatching(/answered 500: /),
      expect.stringMatching(/answered 529: /),
    ]);
  });

  test("that stays busy, or asks to wait too long, is given up with what it said", async () => {
    await serve({ status: 503, message: "no room" });
    expect(await problemOf(ask(provider))).toMatchObject({
      code: "model-busy",
      exit: "infrastructure",
      message: expect.stringMatching(/503: no room, after 4 tries$/),
    });
    expect(vendor?.requests).toHaveLength(4);
    await serve({ status: 429, retryAfter: "3600" });
    expect(await problemOf(ask(provider))).toMatchObject({
      code: "model-busy",
      message: expect.stringContaining("it asks to wait 3600 s"),
    });
    expect(vendor?.requests).toHaveLength(1);
    await serve({ status: 429, retryAfter: new Date(Date.now() + 3_600_000).toUTCString() });
    expect((await problemOf(ask(provider))).message).toMatch(/it asks to wait 3[56]\d\d s/);
  });

  test("whose connection is cut is asked again, and the most that the lost answer can have cost is counted", async () => {
    await serve({ reset: "before" }, { reset: "midway" }, { say: good, usage: { input: 1_000, output: 500 } });
    const spending = new Spending({ price, capUsd: 100 });
    expect(await ask(provider, { spending })).toMatchObject({ kind: "answer" });
    const spent = spending.spent();
    expect(spent).toMatchObject({ calls: 3, uncertainCalls: 2, output: 2_000 + 2_000 + 500 });
    expect(spent.input).toBeGreaterThan(1_000 + 2 * 4_000);
    expect(recorded()).toHaveLength(1);
  });

  test("that does not answer in time is given up, and each try is counted", async () => {
    await serve({ hang: true });
    const spending = new Spending({ price, capUsd: 100 });
    const problem = await problemOf(ask(provider, { timeoutMs: 200, spending }));
    expect(problem).toMatchObject({ code: "model-unreachable", message: expect.stringContaining("there was no answer in time") });
    expect(spending.spent()).toMatchObject({ calls: 4, uncertainCalls: 4 });
  });

  test("that cannot be reached has cost nothing", async () => {
    await serve({ say: good });
    await vendor?.close();
    const spending = new Spending({ price, capUsd: 100 });
    expect(await problemOf(ask(provider, { spending }))).toMatchObject({
      code: "model-unreachable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
    expect(spending.spent().calls).toBe(0);
  });

  test("that answers something else than its format is asked again, and nothing of it is kept", async () => {
    await serve({ raw: "<html>" }, { raw: '{"hello":1}' }, { say: good });
    expect(await ask(provider)).toMatchObject({ kind: "answer" });
    expect(recorded()).toHaveLength(1);
    rmSync(records, { recursive: true });
    await serve({ raw: '{"hello":1}' });
    expect(await problemOf(ask(provider))).toMatchObject({ code: "model-answer", fix: expect.stringContaining("--provider") });
    expect(readdirSync(records)).toEqual([]);
  });

  test("whose words are not of the shape that was asked for is told apart, with what is wrong", async () => {
    await serve({ say: "Here you are: {" });
    expect(await ask(provider)).toMatchObject({
      kind: "malformed",
      text: "Here you are: {",
      findings: [{ place: "answer", message: expect.stringContaining("no JSON") }],
    });
    await serve({ say: { word: 1 } });
    expect(await ask(provider, { prompt: "2" })).toMatchObject({ kind: "malformed", findings: [{ place: "word" }, { place: "count" }] });
    await serve({ say: `\`\`\`json\n${JSON.stringify(good)}\n\`\`\`` });
    expect(await ask(provider, { prompt: "3" })).toMatchObject({ kind: "answer", value: good });
    await serve({ cut: '{"word":"a' });
    expect(await ask(provider, { prompt: "4" })).toMatchObject({
      kind: "malformed",
      findings: [{ message: expect.stringContaining("cut off after 2000 tokens") }],
    });
  });

  test("that refuses is not asked again", async () => {
    await serve({ refuse: "I would rather not." });
    expect(await ask(provider)).toMatchObject({ kind: "refused" });
    expect(vendor?.requests).toHaveLength(1);
  });

  test("that does not say what it took is counted with the most that it can have", async () => {
    await serve({ say: good, usage: "none" });
    const spending = new Spending({ price, capUsd: 100 });
    // Anthropic's answers always have it; one without is no answer of that format.
    const asked = ask(provider, { spending });
    if (provider === "anthropic") expect(await problemOf(asked)).toMatchObject({ code: "model-answer" });
    else expect(await asked).toMatchObject({ kind: "answer" });
    expect(spending.spent().uncertainCalls).toBe(spending.spent().calls);
    expect(spending.spent().output).toBe(2_000 * spending.spent().calls);
  });

  test("is not asked when the worst of the call does not fit below the cap", async () => {
    await serve({ say: good });
    // 2,000 tokens out at $20 for a million are $0.04.
    const spending = new Spending({ price, capUsd: 0.04 });
    await expect(ask(provider, { spending })).rejects.toMatchObject({
      name: "BudgetReached",
      message: expect.stringContaining("of $0.0400"),
    });
    expect(vendor?.requests).toHaveLength(0);
    expect(spending.spent().calls).toBe(0);
  });

  test("that refuses the key, or does not know the model, is not asked again; the key is in no message", async () => {
    await serve({ say: good });
    const wrongKey = "sk-wrong-9876543210fedcba";
    const problem = await problemOf(ask(provider, { key: wrongKey }));
    expect(problem).toMatchObject({ code: "model-key-refused", message: expect.stringContaining("invalid x-api-key: [key]") });
    expect(`${problem.message}${problem.stack}${JSON.stringify(problem)}${problem.cause}`).not.toContain(wrongKey);
    expect(await problemOf(ask(provider, { model: "no-such-model" }))).toMatchObject({
      code: "model-unknown",
      exit: "configuration",
      fix: expect.stringContaining("--model"),
    });
    expect(vendor?.requests).toHaveLength(0);
  });

  test("is told the key in a header, and neither key nor cookies are in the records", async () => {
    await serve({ say: good });
    await ask(provider);
    const headers: Readonly<Record<string, unknown>> = vendor?.requests[0]?.headers ?? {};
    expect(headers[provider === "anthropic" ? "x-api-key" : "authorization"]).toContain(vendorKey);
    const [record = ""] = recorded();
    expect(record).toContain('"request-id": "req_test"');
    for (const secret of [vendorKey, "x-api-key", "authorization", "cookie", "127.0.0.1"])
      expect(record.toLowerCase()).not.toContain(secret);
  });

  test("is left at once when the user asks to end", async () => {
    await serve({ hang: true });
    const ending = new AbortController();
    const asked = ask(provider, { signal: ending.signal });
    await expect.poll(() => vendor?.requests.length, { timeout: 50_000 }).toBe(1);
    ending.abort(new DOMException("asked to end", "AbortError"));
    await expect(asked).rejects.toMatchObject({ name: "AbortError" });
    expect(vendor?.requests).toHaveLength(1);
  });
});

test("a record that cannot be read is a Problem with its file, and is not paid for again unasked", async () => {
  await serve({ say: good });
  await ask("anthropic");
  const [file = ""] = readdirSync(records);
  writeFileSync(join(records, file), '{"format": 1');
  expect(await problemOf(ask("anthropic"))).toMatchObject({ code: "record-unreadable", place: { file: join(records, file) } });
  expect(vendor?.requests).toHaveLength(1);
});

describe("a connection", () => {
  const asked = { provider: "anthropic", model: "m", records: "/nowhere", replayOnly: false, timeoutMs: 1 } as const;
  const open = (more: object, environment: Record<string, string> = {}) => openConnection({ ...asked, ...more }, environment);

  test("reads the vendor's key for the vendor's address alone", () => {
    const environment = { ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "b" };
    expect(open({}, environment)).toMatchObject({ key: "a", baseUrl: new URL("https://api.anthropic.com/v1") });
    expect(open({ provider: "openai-compatible" }, environment).key).toBe("b");
    expect(open({ provider: "openai-compatible", baseUrl: "https://elsewhere.example/v1" }, environment).key).toBeUndefined();
    expect(open({ baseUrl: "https://elsewhere.example/v1", keyFrom: "ANTHROPIC_API_KEY" }, environment).key).toBe("a");
  });

  test("without its key says which variable to set", () => {
    expect(() => open({})).toThrow(
      expect.objectContaining({ code: "model-no-key", message: expect.stringContaining("ANTHROPIC_API_KEY") }),
    );
    expect(() => open({ keyFrom: "MINE" }, { MINE: " " })).toThrow("MINE is not set");
    expect(open({ replayOnly: true }).key).toBeUndefined();
  });

  test("tells no key to another machine unencrypted", () => {
    const environment = { MINE: "k" };
    expect(() => open({ baseUrl: "http://models.example/v1", keyFrom: "MINE" }, environment)).toThrow(
      expect.objectContaining({ exit: "refused" }),
    );
    expect(open({ baseUrl: "http://127.0.0.1:11434/v1", keyFrom: "MINE" }, environment).key).toBe("k");
    expect(open({ baseUrl: "http://models.example/v1" }, environment).key).toBeUndefined();
  });

  test.each(["nonsense", "ftp://x/v1", "https://me:secret@x/v1", "https://x/v1?key=secret"])(
    "refuses the address %s without repeating it",
    (baseUrl) => {
      const error = (() => {
        try {
          return open({ baseUrl });
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).toMatchObject({ code: "model-base-url" });
      expect(String(error)).not.toContain("secret");
    },
  );
});
