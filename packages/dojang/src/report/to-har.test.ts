import { expect, test } from "vitest";
import { exampleRun } from "./example-run.ts";
import { toHar } from "./to-har.ts";

interface Har {
  readonly log: {
    readonly pages: readonly { readonly id: string; readonly title: string }[];
    readonly entries: readonly {
      readonly pageref: string;
      readonly request: { readonly method: string; readonly url: string };
      readonly response: { readonly status: number; readonly content: { readonly text?: string } };
    }[];
  };
}

test("each test attempt is a page, and its transactions are the entries of that page, with bodies", () => {
  const facts = exampleRun({ tests: 3, transactionsPerTest: 4, failing: false });
  // Made by the function under test, in HAR's shape.
  const { pages, entries } = (toHar(facts) as Har).log;
  expect(pages).toHaveLength(3);
  expect(entries).toHaveLength(facts.transactions.filter((transaction) => transaction.testAttempt !== undefined).length);
  expect(entries.every((entry) => pages.some((page) => page.id === entry.pageref))).toBe(true);
  expect(pages[0]?.title).toContain(" › ");
  expect(entries.some((entry) => entry.response.content.text !== undefined)).toBe(true);
});

test("bytes that are no text come as base64 and whole", () => {
  const facts = exampleRun({ tests: 1, transactionsPerTest: 1, failing: false });
  const [transaction] = facts.transactions.filter((each) => each.testAttempt !== undefined);
  if (transaction === undefined) throw new Error("the example has a transaction");
  const bytes = Uint8Array.of(0xff, 0xd8, 0x00, 0x80);
  const har = toHar({
    ...facts,
    transactions: [{ ...transaction, responseBody: { hash: "h", sizeBytes: 4, truncated: false } }],
    bodies: { h: bytes },
  }) as Har;
  expect(har.log.entries[0]?.response.content).toMatchObject({ encoding: "base64", text: Buffer.from(bytes).toString("base64") });
});
