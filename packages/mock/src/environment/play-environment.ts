import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ServeEvent } from "../journal/serve-event.ts";
import type { Serve } from "../serving/exchange.ts";
import { createServe, defaultMaxBodyBytes } from "../serving/handle-request.ts";
import { type Listener, listenEither } from "../serving/listener.ts";
import { createMockWorld, type World } from "../serving/mock-world.ts";
import { CallFeed } from "./call-feed.ts";
import { callLine } from "./call-log.ts";
import type { EnvironmentPlan } from "./environment-plan.ts";
import type { FeedLine } from "./feed-format.ts";
import { createFeedServer } from "./feed-server.ts";
import { type NamedHost, putNameBack } from "./named-host.ts";
import { nearestStub } from "./nearest-stub.ts";
import { answererOf, playedCall, requestIdOf } from "./played-call.ts";
import { StubUses } from "./stub-uses.ts";

export interface PlayOptions {
  readonly plan: EnvironmentPlan;
  /** A writable folder with the mock's files at their places in the project. */
  readonly files: string;
  readonly certificate: { readonly key: string; readonly certificate: string };
  /** Of the listeners; every address when absent. */
  readonly address?: string;
  /** Where the mock is reached by its address and not by name. */
  readonly host?: NamedHost;
  readonly say: (line: string) => void;
}

export interface PlayedEnvironment extends AsyncDisposable {
  readonly ports: readonly number[];
  readonly journalPort: number;
  readonly world: World;
  /** Resolves when somebody asked for the end by the admin API. */
  readonly shutdownAsked: Promise<void>;
}

/** Of calls that are not read yet. Dojang reads all the time; it takes a burst, or a reader that is gone, to fill it. */
const feedBytes = 16 * 1024 * 1024;
/** Of WireMock's own journal, which tests ask. */
const journalBytes = 32 * 1024 * 1024;
/** How often the nearest stub is looked for: a client that repeats its mistake a thousand times is told nothing new. */
const mostExplained = 1_000;

/** Plays one outside system on all of its ports until disposed of. */
export async function playEnvironment({ plan, files, certificate, address, host, say }: PlayOptions): Promise<PlayedEnvironment> {
  const feed = new CallFeed({ maxBytes: feedBytes });
  const counts = { calls: 0, unmatched: 0, undeclared: 0 };
  let explained = 0;
  const directory = plan.stubs === undefined ? undefined : join(files, plan.stubs);
  // Where only a document was given, stubs that tests inject have a folder all the same.
  const home = directory ?? join(files, ".stubs");
  await mkdir(home, { recursive: true });
  const world = await createMockWorld({
    directory: home,
    openapi: plan.openapi.map((path) => join(files, path)),
    mode: plan.mode,
    seed: plan.seed,
    journal: { maxBytes: journalBytes },
  });
  const fromFiles = new Map(world.stubs.all().map(({ id }) => [id, world.files.fileOf(id)]));
  const fileOf = (id: string) => {
    const file = fromFiles.get(id);
    return file === undefined || plan.stubs === undefined ? undefined : `${plan.stubs}/${file}`;
  };
  const uses = new StubUses(fileOf);
  uses.watch(world.stubs);
  listenToJournal(world, tell);

  function tell(event: ServeEvent): void {
    counts.calls += 1;
    if (event.stub !== undefined) uses.used(event.stub);
    const declared = world.contract === undefined || world.contract.declares(event.request);
    const nearest = answererOf(event) === "nothing" ? explain(event) : undefined;
    const call = playedCall(event, { fileOf, documents: plan.openapi, declared, nearest });
    if (call.answeredBy === "nothing") counts.unmatched += 1;
    else if (!call.declared || call.violations.length > 0) counts.undeclared += 1;
    const line: FeedLine = { kind: "call", sequence: feed.next, call };
    feed.add(JSON.stringify(line));
    say(callLine(call));
  }

  function explain(event: ServeEvent) {
    if (explained >= mostExplained) return undefined;
    explained += 1;
    return nearestStub(world.stubs, event.request);
  }

  const serve = createServe(world);
  const attributed: Serve = (exchange) => {
    if (host !== undefined) putNameBack(exchange, host);
    return uses.askedBy(traceOf(exchange.rawHeaders), () => serve(exchange));
  };
  const listeners: Listener[] = [];
  const feedServer = createFeedServer({ feed, summary: () => ({ ...counts, stubs: uses.all() }) });
  const played: PlayedEnvironment = {
    get ports() {
      return listeners.flatMap(({ port }) => port ?? []);
    },
    get journalPort() {
      const at = feedServer.address();
      return typeof at === "object" && at !== null ? at.port : 0;
    },
    world,
    shutdownAsked: world.shutdownAsked,
    async [Symbol.asyncDispose]() {
      await Promise.all(listeners.map((listener) => listener.close(0)));
      feedServer.closeAllConnections();
      await new Promise<void>((resolve) => (feedServer.listening ? feedServer.close(() => resolve()) : resolve()));
      world.end();
    },
  };
  try {
    for (const port of plan.ports) {
      const options = { serve: attributed, certificate, clientAuthorities: undefined, requireClientCertificate: false, http2: true };
      const limits = { maxHeaderBytes: 64 * 1024, maxBodyBytes: defaultMaxBodyBytes, idleTimeoutMs: 30_000, connectionReuse: true };
      listeners.push(await listenEither({ port, address }, { ...options, ...limits }));
    }
    // Last, for whoever asks for its health is told by this that everything listens.
    await new Promise<void>((resolve, reject) => feedServer.once("error", reject).listen(plan.journalPort, address, resolve));
  } catch (error) {
    await played[Symbol.asyncDispose]();
    throw error;
  }
  const stubs = world.stubs.all().length;
  say(`INFO ${plan.hosts.join(", ")} on ports ${plan.ports.join(", ")}: ${stubs} ${stubs === 1 ? "stub" : "stubs"}${documentsText(plan)}`);
  return played;
}

/** A call is told when its answer is chosen: before the caller has it, and however long a stub lets the caller wait for it. */
function listenToJournal(world: World, onCall: (event: ServeEvent) => void): void {
  const { journal } = world;
  const add = journal.add.bind(journal);
  journal.add = (event) => {
    onCall(event);
    add(event);
  };
}

function traceOf(rawHeaders: readonly string[]): string | undefined {
  const value = (name: string) => rawHeaders[rawHeaders.findIndex((one, index) => index % 2 === 0 && one.toLowerCase() === name) + 1];
  const has = (name: string) => rawHeaders.some((one, index) => index % 2 === 0 && one.toLowerCase() === name);
  const carried = has("traceparent") ? /^[0-9a-f]{2}-([0-9a-f]{32})-/i.exec(value("traceparent") ?? "")?.[1] : undefined;
  return requestIdOf(carried ?? (has("x-request-id") ? value("x-request-id") : undefined));
}

function documentsText({ openapi, mode }: EnvironmentPlan): string {
  return openapi.length === 0 ? "" : `, ${openapi.join(", ")} (${mode})`;
}

/** Whether a folder has anything in it. */
export async function isEmptyFolder(path: string): Promise<boolean> {
  return (await readdir(path).catch(() => [])).length === 0;
}
