import type { BodyRef, Header, Transaction } from "@dojang/model";
import type { RunFacts } from "./run-facts.ts";

/**
 * The transactions of a run as an HTTP archive (HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/): each test attempt a page. For
 * browsers' network views, and for `dojang-load from-run`. Bodies that were not kept are left out, binary ones are base64.
 */
export function toHar({ attempts, transactions, bodies }: Pick<RunFacts, "attempts" | "transactions" | "bodies">): unknown {
  const owned = transactions.filter((transaction) => transaction.testAttempt !== undefined && transaction.kind === "http");
  const begin = new Map<string, number>();
  for (const { testAttempt = "", startedAt } of owned) begin.set(testAttempt, Math.min(startedAt, begin.get(testAttempt) ?? startedAt));
  const titles = new Map(attempts.map((attempt) => [attempt.id, [attempt.file, ...attempt.titlePath].join(" › ")]));
  return {
    log: {
      version: "1.2",
      creator: { name: "dojang", version: "1" },
      pages: [...begin].map(([id, startedAt]) => ({
        id,
        title: titles.get(id) ?? id,
        startedDateTime: isoTime(startedAt),
        pageTimings: {},
      })),
      entries: owned.map((transaction) => entry(transaction, bodies)),
    },
  };
}

function entry(transaction: Transaction, bodies: RunFacts["bodies"]): unknown {
  const {
    testAttempt,
    startedAt,
    durationMs,
    firstByteMs,
    method,
    url,
    status,
    requestHeaders,
    responseHeaders,
    requestBody,
    responseBody,
  } = transaction;
  const sent = textOf(requestBody, bodies);
  const answered = textOf(responseBody, bodies);
  return {
    pageref: testAttempt,
    startedDateTime: isoTime(startedAt),
    time: durationMs,
    request: {
      method,
      url,
      httpVersion: "HTTP/1.1",
      cookies: [],
      headers: pairs(requestHeaders),
      queryString: [...(URL.parse(url)?.searchParams ?? [])].map(([name, value]) => ({ name, value })),
      headersSize: -1,
      bodySize: requestBody?.sizeBytes ?? 0,
      ...(sent === undefined ? {} : { postData: { mimeType: requestBody?.contentType ?? "", text: sent.text } }),
    },
    response: {
      status: status ?? 0,
      statusText: "",
      httpVersion: "HTTP/1.1",
      cookies: [],
      headers: pairs(responseHeaders),
      content: {
        size: responseBody?.sizeBytes ?? 0,
        mimeType: responseBody?.contentType ?? "",
        ...(answered === undefined ? {} : answered),
      },
      redirectURL: responseHeaders.find(({ name }) => name.toLowerCase() === "location")?.value ?? "",
      headersSize: -1,
      bodySize: responseBody?.sizeBytes ?? 0,
    },
    cache: {},
    timings: { send: 0, wait: firstByteMs ?? durationMs, receive: Math.max(0, durationMs - (firstByteMs ?? durationMs)) },
  };
}

function pairs(headers: readonly Header[]): readonly Header[] {
  return headers.map(({ name, value }) => ({ name, value }));
}

function textOf(
  body: BodyRef | undefined,
  bodies: RunFacts["bodies"],
): { readonly text: string; readonly encoding?: "base64" } | undefined {
  const bytes = body === undefined ? undefined : bodies[body.hash];
  if (bytes === undefined) return undefined;
  const text = Buffer.from(bytes).toString("utf8");
  return Buffer.from(text, "utf8").equals(Buffer.from(bytes))
    ? { text }
    : { text: Buffer.from(bytes).toString("base64"), encoding: "base64" };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
