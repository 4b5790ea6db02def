import { AsyncLocalStorage } from "node:async_hooks";
import type { StubMapping } from "../mapping/stub-mapping.ts";
import type { StubStore } from "../stubs/stub-store.ts";
import type { StubUse } from "./feed-format.ts";
import { stubText } from "./played-call.ts";

/** Stubs kept account of: tests that inject one each would fill it slowly. */
const mostStubs = 20_000;

interface Use {
  stub: StubMapping;
  calls: number;
  readonly injected: boolean;
  readonly injectedBy: string | undefined;
}

/**
 * Which stubs there ever were, who injected them, and how often each was needed: also of those that a test took away again. Who
 * injects is known from the request that is being answered meanwhile.
 */
export class StubUses {
  readonly #uses = new Map<string, Use>();
  readonly #asking = new AsyncLocalStorage<{ readonly requestId: string | undefined }>();
  readonly #fileOf: (id: string) => string | undefined;
  #isLoaded = false;

  constructor(fileOf: (id: string) => string | undefined) {
    this.#fileOf = fileOf;
  }

  /** Everything added to the store from now on is known; what is in it is from files. */
  watch(stubs: StubStore): void {
    for (const stub of stubs.all()) this.#know(stub);
    this.#isLoaded = true;
    const add = stubs.add.bind(stubs);
    // The store has no listeners, for nobody else needs one.
    stubs.add = (stub) => {
      add(stub);
      this.#know(stub);
    };
  }

  /** Runs what answers a request, so that stubs which it injects are its own. */
  askedBy<T>(requestId: string | undefined, answer: () => T): T {
    return this.#asking.run({ requestId }, answer);
  }

  used(stub: StubMapping): void {
    this.#know(stub);
    const use = this.#uses.get(stub.id);
    if (use !== undefined) use.calls += 1;
  }

  all(): StubUse[] {
    return [...this.#uses.values()].map(({ stub, calls, injected, injectedBy }) => ({
      stub: stubText(stub, this.#fileOf),
      calls,
      injected,
      injectedBy,
      optional: stub.metadata?.optional === true,
    }));
  }

  #know(stub: StubMapping): void {
    const known = this.#uses.get(stub.id);
    // Resetting adds the stubs of files again; editing keeps what was counted.
    if (known !== undefined) known.stub = stub;
    else if (this.#uses.size < mostStubs) {
      const injectedBy = this.#asking.getStore()?.requestId;
      this.#uses.set(stub.id, { stub, calls: 0, injected: this.#isLoaded, injectedBy });
    }
  }
}
