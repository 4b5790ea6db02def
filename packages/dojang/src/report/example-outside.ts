import { createHash } from "node:crypto";
import type { BodyRef, OutsideCall, Transaction } from "@dojang/model";
import type { OutsideFinding, RunFacts } from "./run-facts.ts";

const accept = { id: "s1", name: "accept-mail", file: "tests/mocks/mail/mappings/accept.json" };
const rule = "tests/mocks/mail/openapi.yaml#/paths/~1messages/post/requestBody";

/**
 * The same run with its mail system played: every write sends a mail; the first of them breaks the contract, the second asks for
 * what nothing answers, and one call has no request id. For tests.
 */
export function withOutsideCalls(facts: RunFacts): RunFacts {
  const bodies: Record<string, Uint8Array> = { ...facts.bodies };
  const writes = facts.transactions.filter(({ method, testAttempt }) => method === "POST" && testAttempt !== undefined);
  const calls = writes.map((transaction, index) => callOf(transaction, index, bodies));
  const first = calls[0];
  if (first === undefined) throw new RangeError("the run has no write that a mail could follow");
  const lost: OutsideCall = { ...first, id: "call-lost", requestId: undefined, transaction: undefined, testAttempt: undefined };
  const outsideCalls = [...calls, { ...lost, violations: [], startedAt: facts.run.startedAt + 500 }];
  return { ...facts, bodies, outsideCalls, outsideFindings: findingsOf(facts, calls), mocks: [mailFacts(outsideCalls.length)] };
}

function callOf(transaction: Transaction, index: number, bodies: Record<string, Uint8Array>): OutsideCall {
  const { id, environment, requestId, testAttempt, startedAt } = transaction;
  const body = (text: string): BodyRef => {
    const hash = createHash("sha256").update(text).digest("hex");
    bodies[hash] = new TextEncoder().encode(text);
    return { hash, sizeBytes: text.length, truncated: false, contentType: "application/json" };
  };
  const json = [{ name: "Content-Type", value: "application/json" }];
  const call: OutsideCall = {
    ...{ id: `call-${index}`, environment, mock: "mail", requestId, transaction: id, testAttempt, direct: false },
    ...{ method: "POST", url: "http://mail:8025/messages", status: 202, answeredBy: "stub", stub: accept, declared: true, violations: [] },
    requestHeaders: [...json, { name: "traceparent", value: `00-${requestId}-${requestId.slice(3, 19)}-01` }],
    responseHeaders: json,
    requestBody: body(`{"to":"ada@example.com","subject":"Reminder ${index}"}`),
    responseBody: body(`{"id":"m${index}"}`),
    startedAt: startedAt + 3,
    durationMs: 2.4,
    delayMs: 0,
  };
  if (index === 0)
    return {
      ...call,
      violations: [{ side: "request", at: "body/text", message: "is required and missing", rule }],
      requestBody: body("{}"),
    };
  if (index !== 1) return call;
  const nearest = { stub: accept, differences: ['path: expected "/messages", got "/messagez"'] };
  return { ...call, url: "http://mail:8025/messagez", answeredBy: "nothing", stub: undefined, status: 404, nearest };
}

function findingsOf(facts: RunFacts, [broken, unanswered]: readonly OutsideCall[]): OutsideFinding[] {
  const of = (call: OutsideCall | undefined): Partial<OutsideFinding> => {
    const attempt = facts.attempts.find(({ id }) => id === call?.testAttempt);
    return {
      testAttempt: call?.testAttempt,
      test: attempt && { file: attempt.file, title: attempt.titlePath.join(" › ") },
      asked: `${call?.method} ${call?.url}`,
      call: call?.id,
      transaction: call?.transaction,
      requestId: call?.requestId,
    };
  };
  const about = { job: "integration", mock: "mail", count: 1 };
  return [
    {
      ...about,
      kind: "unmatched",
      level: "fail",
      message: "mail has no answer for POST /messagez",
      details: [`nearest is the stub accept-mail (${accept.file})`, ...(unanswered?.nearest?.differences ?? [])],
      fix: "correct the call, or add a stub to tests/mocks/mail/mappings; `on-unmatched: warn` of mocks.mail lets it pass",
      ...of(unanswered),
    },
    {
      ...about,
      kind: "undeclared",
      level: "warn",
      message: "POST /messages breaks the contract of mail",
      details: [`request body/text: is required and missing (${rule})`],
      fix: "send what the contract asks for, or correct the contract; `on-undeclared: warn` of mocks.mail lets it pass",
      ...of(broken),
    },
    {
      ...about,
      kind: "unused",
      level: "warn",
      message: "the stub mail-is-busy (tests/mocks/mail/mappings/busy.json) of mail was never needed",
      details: [],
      fix: "remove it, or write `metadata: { optional: true }` into it",
    },
  ];
}

function mailFacts(calls: number): RunFacts["mocks"][number] {
  return {
    ...{ job: "integration", mock: "mail", hosts: ["mail"], specification: ["tests/mocks/mail", "tests/mocks/mail/openapi.yaml"] },
    digest: createHash("sha256").update("mail").digest("hex"),
    ...{ calls, unmatched: 1, undeclared: 1, unused: 1, withoutRequestId: 1, dropped: 0, restarts: 0 },
    stubs: [
      { name: "accept-mail", file: accept.file, calls: calls - 1 },
      { name: "mail-is-busy", file: "tests/mocks/mail/mappings/busy.json", calls: 0 },
    ],
  };
}
