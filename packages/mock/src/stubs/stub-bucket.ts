import type { RequestPattern } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { type EqualityKey, equalityKey, joinKey, requestKeys } from "./equality-key.ts";
import { OrderedStubs } from "./ordered-stubs.ts";
import type { PreparedStub } from "./stub-store.ts";

/** The stubs of one place in the index, by method, and then by the values that query parameters and headers have to equal. */
export class StubBucket<Stub extends PreparedStub> {
  readonly #byMethod = new Map<string, EqualityIndex<Stub>>();

  get isEmpty(): boolean {
    return this.#byMethod.size === 0;
  }

  add(stub: Stub): void {
    const method = methodKey(stub.stub.request);
    let index = this.#byMethod.get(method);
    if (index === undefined) {
      index = new EqualityIndex();
      this.#byMethod.set(method, index);
    }
    index.add(stub);
  }

  remove(stub: Stub): void {
    const method = methodKey(stub.stub.request);
    const index = this.#byMethod.get(method);
    index?.remove(stub);
    if (index?.isEmpty) this.#byMethod.delete(method);
  }

  collect(request: MockRequest, lists: OrderedStubs<Stub>[]): void {
    this.#byMethod.get(request.method)?.collect(request, lists);
    this.#byMethod.get(anyMethod)?.collect(request, lists);
  }
}

/** Of all that is not one method: the matcher asks for it. */
const anyMethod = "";

function methodKey({ method }: RequestPattern): string {
  return method.kind === "one" && method.name !== "GET_OR_HEAD" ? method.name : anyMethod;
}

interface Group<Stub extends PreparedStub> {
  readonly names: readonly string[];
  readonly byValues: Map<string, OrderedStubs<Stub>>;
}

class EqualityIndex<Stub extends PreparedStub> {
  /** Stubs that want nothing to be equal. */
  readonly #plain = new OrderedStubs<Stub>();
  readonly #groups = new Map<string, Group<Stub>>();

  get isEmpty(): boolean {
    return this.#plain.size === 0 && this.#groups.size === 0;
  }

  add(stub: Stub): void {
    const key = equalityKey(stub.stub.request);
    this.#listFor(key).add(stub);
  }

  remove(stub: Stub): void {
    const key = equalityKey(stub.stub.request);
    const list = this.#listFor(key);
    list.remove(stub);
    if (key.names.length === 0 || list.size > 0) return;
    const groupKey = joinKey(key.names);
    const group = this.#groups.get(groupKey);
    group?.byValues.delete(joinKey(key.values));
    if (group?.byValues.size === 0) this.#groups.delete(groupKey);
  }

  collect(request: MockRequest, lists: OrderedStubs<Stub>[]): void {
    if (this.#plain.size > 0) lists.push(this.#plain);
    for (const { names, byValues } of this.#groups.values()) {
      const keys = requestKeys(names, request);
      if (keys === undefined) {
        lists.push(...byValues.values());
        continue;
      }
      // A repeated value is one way to a list, not two.
      for (const key of keys.length > 1 ? new Set(keys) : keys) {
        const list = byValues.get(key);
        if (list) lists.push(list);
      }
    }
  }

  #listFor({ names, values }: EqualityKey): OrderedStubs<Stub> {
    if (names.length === 0) return this.#plain;
    const groupKey = joinKey(names);
    let group = this.#groups.get(groupKey);
    if (group === undefined) {
      group = { names, byValues: new Map() };
      this.#groups.set(groupKey, group);
    }
    const valuesKey = joinKey(values);
    let list = group.byValues.get(valuesKey);
    if (list === undefined) {
      list = new OrderedStubs();
      group.byValues.set(valuesKey, list);
    }
    return list;
  }
}
