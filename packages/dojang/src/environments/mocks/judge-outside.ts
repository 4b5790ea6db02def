import type { OutsideCall, OutsideStub, TestAttempt } from "@dojang/model";
import type { MockSource } from "../../config/mock-sources.ts";
import type { EgressFacts, MockFacts, OutsideFinding } from "../../report/run-facts.ts";
import { isUndeclared, type MockTally, type StubTally } from "./mock-journal.ts";

/** What became of the mocks of one job, all its shards together. */
export interface OutsideRequest {
  readonly job: string;
  readonly mocks: readonly { readonly source: MockSource; readonly digest: string }[];
  /** Of every shard. */
  readonly tallies: readonly MockTally[];
  /** As kept, and attributed. */
  readonly calls: readonly OutsideCall[];
  readonly attempts: readonly TestAttempt[];
  /** Who asked for what, by request id: also requests to `/__admin` that injected a stub. */
  readonly attemptOf: (requestId: string) => string | undefined;
  readonly egress: readonly EgressFacts[];
  readonly journalBytes: number;
}

export interface JudgedOutside {
  readonly mocks: readonly MockFacts[];
  /** What fails the job first. */
  readonly findings: readonly OutsideFinding[];
}

type Consequence = MockSource["definition"]["onUnmatched"];

/** Of one job; more of a kind is the same mistake again. */
const mostFindings = 200;

/** Pure. What a step asked a mock itself is never judged: a test that reads its mailbox is no outside call of the system. */
export function judgeOutside(request: OutsideRequest): JudgedOutside {
  const { mocks, calls, egress } = request;
  const found = mocks.flatMap(({ source }) => {
    const own = calls.filter((call) => call.mock === source.name);
    const tallies = request.tallies.filter((tally) => tally.mock === source.name);
    return [
      ...callFindings(own, source, request),
      ...unkeptFindings(own, { tallies, source, request }),
      ...unusedFindings(tallies, source, request),
    ];
  });
  const strictest = mocks.map(({ source }) => source.definition.onUndeclared);
  const hosts = mocks.length === 0 ? [] : hostFindings(egress, consequenceOf(strictest), request.job);
  const findings = [...found, ...hosts].filter((finding) => finding !== undefined).sort((a, b) => rank(a) - rank(b));
  return { mocks: mocks.map((mock) => mockFacts(mock, request, findings)), findings: findings.slice(0, mostFindings) };
}

function rank({ level, kind }: OutsideFinding): number {
  return (level === "fail" ? 0 : 10) + ["unmatched", "undeclared", "restarted", "dropped", "unused"].indexOf(kind);
}

function consequenceOf(all: readonly Consequence[]): Consequence {
  return (["fail", "warn"] as const).find((one) => all.includes(one)) ?? "ignore";
}

/** The same mistake of the same test is told once. */
function callFindings(calls: readonly OutsideCall[], source: MockSource, request: OutsideRequest): OutsideFinding[] {
  const judged = calls.filter((call) => !call.direct);
  const groups = Map.groupBy(
    judged.filter((call) => kindOf(call) !== undefined),
    (call) =>
      JSON.stringify([kindOf(call), call.testAttempt, call.method, pathOf(call.url), call.violations.map(({ rule, at }) => [rule, at])]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const kind = first && kindOf(first);
    if (first === undefined || kind === undefined) return [];
    const level = kind === "unmatched" ? source.definition.onUnmatched : source.definition.onUndeclared;
    if (level === "ignore") return [];
    const attempt = request.attempts.find(({ id }) => id === first.testAttempt);
    return [
      {
        ...(kind === "unmatched" ? unmatched(first, source) : undeclared(first, source)),
        job: request.job,
        mock: source.name,
        kind,
        level,
        testAttempt: first.testAttempt,
        test: attempt && { file: attempt.file, title: attempt.titlePath.join(" › ") },
        asked: `${first.method} ${first.url}`,
        count: group.length,
        call: first.id,
        transaction: first.transaction,
        requestId: first.requestId,
      },
    ];
  });
}

function kindOf(call: OutsideCall): "unmatched" | "undeclared" | undefined {
  if (call.answeredBy === "nothing") return "unmatched";
  return isUndeclared(call) ? "undeclared" : undefined;
}

type Told = Pick<OutsideFinding, "message" | "details" | "fix">;

function unmatched({ method, url, nearest }: OutsideCall, source: MockSource): Told {
  const near = nearest === undefined ? [] : [`nearest is ${stubText(nearest.stub)}`, ...nearest.differences];
  return {
    message: `${source.name} has no answer for ${method} ${pathOf(url)}`,
    details: near.length === 0 ? ["there is no stub that comes near"] : near,
    fix: `correct the call, or add a stub to ${placeForStubs(source)}; \`on-unmatched: warn\` of mocks.${source.name} lets it pass`,
  };
}

function undeclared({ method, url, violations, declared, stub }: OutsideCall, source: MockSource): Told {
  const lenient = `\`on-undeclared: warn\` of mocks.${source.name} lets it pass`;
  const path = pathOf(url);
  if (violations.length === 0 && !declared)
    return {
      message: `${method} ${path} is not in the contract of ${source.name}`,
      details: [...(stub === undefined ? [] : [`it was answered by ${stubText(stub)}`]), `the contract is ${source.openapi.join(", ")}`],
      fix: `declare the operation in ${source.openapi.join(" or ")}, or remove what asks for it; ${lenient}`,
    };
  const ours = violations.some(({ side }) => side === "request");
  return {
    message: ours
      ? `${method} ${path} breaks the contract of ${source.name}`
      : `${stub === undefined ? "the answer" : stubText(stub)} to ${method} ${path} breaks the contract of ${source.name}`,
    details: violations.map(({ side, at, message, rule }) => `${side} ${at}: ${message} (${rule})`),
    fix: `${ours ? "send what the contract asks for" : "let the stub answer as the contract says"}, or correct the contract; ${lenient}`,
  };
}

/** What the journal could not keep is counted all the same: a full journal must not turn red into green. */
function unkeptFindings(
  calls: readonly OutsideCall[],
  { tallies, source, request }: { readonly tallies: readonly MockTally[]; readonly source: MockSource; readonly request: OutsideRequest },
): OutsideFinding[] {
  const sum = (key: "unmatched" | "undeclared" | "dropped" | "restarts") => tallies.reduce((total, tally) => total + tally[key], 0);
  const about = { job: request.job, mock: source.name, details: [] };
  const more = (kind: "unmatched" | "undeclared", level: Consequence): OutsideFinding[] => {
    const kept = calls.filter((call) => (kind === "unmatched" ? call.answeredBy === "nothing" : isUndeclared(call))).length;
    const count = sum(kind) - kept;
    if (count <= 0 || level === "ignore") return [];
    const what = kind === "unmatched" ? "got no answer" : "broke the contract";
    const message = `${callsTo(source, count)} that the journal did not keep ${what}`;
    return [{ ...about, kind, level, count, message, fix: raise }];
  };
  const [dropped, restarts] = [sum("dropped"), sum("restarts")];
  const limit = `${Math.round((request.journalBytes / 1024 / 1024) * 10) / 10} MiB`;
  const lost = `${callsTo(source, dropped)} left no trace in the journal, which keeps ${limit} of an environment`;
  const again = `${source.name} ended and was started again, ${restarts === 1 ? "once" : `${restarts} times`}`;
  return [
    ...more("unmatched", source.definition.onUnmatched),
    ...more("undeclared", source.definition.onUndeclared),
    ...(dropped > 0 ? [{ ...about, kind: "dropped" as const, level: "warn" as const, count: dropped, message: lost, fix: raise }] : []),
    ...(restarts > 0
      ? [
          {
            ...about,
            kind: "restarted" as const,
            level: "warn" as const,
            count: restarts,
            message: again,
            details: ["stubs that tests had injected, and calls that were not read yet, are gone"],
            fix: `read the log of ${source.name}`,
          },
        ]
      : []),
  ];
}

function callsTo({ name }: MockSource, count: number): string {
  return `${count} ${count === 1 ? "call" : "calls"} to ${name}`;
}

const raise = "raise `limits.journal` of the job, or ask for less in one job";

function unusedFindings(tallies: readonly MockTally[], source: MockSource, request: OutsideRequest): OutsideFinding[] {
  const level = source.definition.onUnused;
  if (level === "ignore" || tallies.some((tally) => !tally.complete)) return [];
  return usesOf(tallies)
    .filter(({ calls, optional }) => calls === 0 && !optional)
    .map(({ stub, injected, injectedBy }) => {
      const testAttempt = injectedBy === undefined ? undefined : request.attemptOf(injectedBy);
      const attempt = request.attempts.find(({ id }) => id === testAttempt);
      return {
        job: request.job,
        mock: source.name,
        kind: "unused",
        level,
        testAttempt,
        test: attempt && { file: attempt.file, title: attempt.titlePath.join(" › ") },
        message: `${stubText(stub)} of ${source.name} was never needed`,
        details: injected ? ["it was injected while the environment ran"] : [],
        fix: "remove it, or write `metadata: { optional: true }` into it",
        count: 1,
        requestId: injectedBy,
      };
    });
}

/** A stub of a file is one stub in every shard. In the order of files. */
function usesOf(tallies: readonly MockTally[]): StubTally[] {
  const uses = new Map<string, StubTally>();
  for (const use of tallies.flatMap(({ stubs }) => stubs)) {
    const known = uses.get(use.stub.id);
    uses.set(use.stub.id, known === undefined ? use : { ...known, calls: known.calls + use.calls });
  }
  const place = ({ stub }: StubTally) => `${stub.file ?? ""} ${stub.name ?? stub.id}`;
  return [...uses.values()].toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
}

/** What services ask for. Steps have browsers and package managers, which ask their makers on their own account. */
function hostFindings(egress: readonly EgressFacts[], level: Consequence, job: string): OutsideFinding[] {
  if (level === "ignore") return [];
  return egress
    .filter(({ allowed, service }) => !allowed && service !== undefined)
    .map(({ host, port, service, count }) => ({
      job,
      kind: "undeclared",
      service,
      level,
      asked: `${host}:${port}`,
      message: `${service} asked for ${host}:${port}${count === 1 ? "" : `, ${count} times`}, and no mock plays it`,
      details: ["it was refused: nothing leads out of an environment"],
      fix: `add it under \`mocks:\` of the job, or to \`egress:\` if it may be asked`,
      count,
    }));
}

function mockFacts(
  { source, digest }: OutsideRequest["mocks"][number],
  request: OutsideRequest,
  findings: readonly OutsideFinding[],
): MockFacts {
  const tallies = request.tallies.filter((tally) => tally.mock === source.name);
  const sum = (key: "calls" | "unmatched" | "undeclared" | "withoutRequestId" | "dropped" | "restarts") =>
    tallies.reduce((total, tally) => total + tally[key], 0);
  const direct = (kind: "unmatched" | "undeclared") =>
    request.calls.filter((call) => call.mock === source.name && call.direct && kindOf(call) === kind).length;
  return {
    job: request.job,
    mock: source.name,
    hosts: source.hosts,
    specification: [source.stubs, ...source.openapi].filter((path) => path !== undefined),
    digest,
    calls: sum("calls"),
    unmatched: sum("unmatched") - direct("unmatched"),
    undeclared: sum("undeclared") - direct("undeclared"),
    unused: findings.filter(({ mock, kind }) => mock === source.name && kind === "unused").length,
    withoutRequestId: sum("withoutRequestId"),
    dropped: sum("dropped"),
    restarts: sum("restarts"),
    stubs: usesOf(tallies).map(({ stub, calls }) => ({ name: stub.name ?? stub.id, file: stub.file, calls })),
  };
}

function stubText({ id, name, file }: OutsideStub): string {
  return `the stub ${name ?? id}${file === undefined ? "" : ` (${file})`}`;
}

function placeForStubs({ stubs, name }: MockSource): string {
  return stubs === undefined ? `a folder named by mocks.${name}.stubs` : `${stubs}/mappings`;
}

function pathOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? url : `${parsed.pathname}${parsed.search}`;
}
