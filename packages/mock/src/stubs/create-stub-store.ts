import type { JsonObject, ResponseDefinition, StubMapping } from "../mapping/stub-mapping.ts";
import { compileRequest } from "../matching/compile-request.ts";
import type { Notice, RequestMatcher } from "../matching/matcher.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { OrderedStubs } from "./ordered-stubs.ts";
import { Scenarios } from "./scenarios.ts";
import { StubIndex } from "./stub-index.ts";
import type { FoundStub, PreparedStub, StubStore } from "./stub-store.ts";

export function createStubStore(): StubStore {
  return new IndexedStubStore();
}

class IndexedStubStore implements StubStore {
  readonly #byId = new Map<string, Entry>();
  readonly #ordered = new OrderedStubs<Entry>();
  #index = new StubIndex<Entry>();
  readonly #scenarios = new Scenarios();
  #insertions = 0;

  all(): readonly StubMapping[] {
    return this.#ordered.inOrder().map(({ stub }) => stub);
  }

  prepared(): readonly PreparedStub[] {
    return this.#ordered.inOrder();
  }

  get(id: string): StubMapping | undefined {
    return this.#byId.get(id)?.stub;
  }

  add(stub: StubMapping): void {
    const present = this.#byId.get(stub.id);
    if (present) this.#replace(present, new Entry(stub, this.#insertions++));
    else {
      this.#insert(new Entry(stub, this.#insertions++));
      this.#scenarios.add(stub);
    }
  }

  edit(stub: StubMapping): boolean {
    const present = this.#byId.get(stub.id);
    if (present === undefined) return false;
    this.#replace(present, new Entry(stub, present.insertion));
    return true;
  }

  remove(id: string): StubMapping | undefined {
    const entry = this.#byId.get(id);
    if (entry === undefined) return undefined;
    this.#take(entry);
    this.#scenarios.remove(entry.stub);
    return entry.stub;
  }

  clear(): void {
    this.#byId.clear();
    this.#ordered.clear();
    this.#index = new StubIndex();
    this.#scenarios.clear();
  }

  find(request: MockRequest, notice?: Notice): FoundStub | undefined {
    for (const entry of this.#index.candidates(request)) {
      if (!entry.matcher.matches(request, notice) || !this.#scenarios.allows(entry.stub)) continue;
      const response = entry.nextResponse();
      if (response === undefined) continue;
      this.#scenarios.advance(entry.stub);
      return { prepared: entry, response };
    }
    return undefined;
  }

  byMetadata(matches: (metadata: JsonObject | undefined) => boolean): readonly StubMapping[] {
    return this.all().filter(({ metadata }) => matches(metadata));
  }

  scenarios() {
    return this.#scenarios.all();
  }

  resetScenarios(): void {
    this.#scenarios.reset();
    for (const entry of this.#byId.values()) entry.rewind();
  }

  setScenarioState(name: string, state: string | undefined): boolean {
    return this.#scenarios.setState(name, state);
  }

  #insert(entry: Entry): void {
    this.#byId.set(entry.stub.id, entry);
    this.#ordered.add(entry);
    this.#index.add(entry);
  }

  #take(entry: Entry): void {
    this.#byId.delete(entry.stub.id);
    this.#ordered.remove(entry);
    this.#index.remove(entry);
  }

  #replace(old: Entry, entry: Entry): void {
    this.#take(old);
    this.#insert(entry);
    this.#scenarios.replace(old.stub, entry.stub);
  }
}

/** A stub, its matcher once it was asked, and how far its sequence is. */
class Entry implements PreparedStub {
  readonly stub: StubMapping;
  readonly insertion: number;
  #matcher: RequestMatcher | undefined;
  #served = 0;

  constructor(stub: StubMapping, insertion: number) {
    this.stub = stub;
    this.insertion = insertion;
  }

  get matcher(): RequestMatcher {
    this.#matcher ??= compileRequest(this.stub.request);
    return this.#matcher;
  }

  /** The response whose turn it is; undefined when the sequence has ended for good. */
  nextResponse(): ResponseDefinition | undefined {
    const { response, responses, afterLast = "last" } = this.stub;
    if (responses === undefined) return response;
    const turn = this.#served;
    if (turn >= responses.length && afterLast === "unmatched") return undefined;
    this.#served = afterLast === "first" ? (turn + 1) % responses.length : Math.min(turn + 1, responses.length);
    return responses[Math.min(turn, responses.length - 1)] ?? response;
  }

  rewind(): void {
    this.#served = 0;
  }
}
