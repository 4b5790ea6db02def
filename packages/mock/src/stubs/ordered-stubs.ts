import type { PreparedStub } from "./stub-store.ts";

const defaultPriority = 5;

/** Whether `one` is asked before `other`: a lower priority first, then the newer. */
export function comesBefore(one: PreparedStub, other: PreparedStub): boolean {
  const difference = (one.stub.priority ?? defaultPriority) - (other.stub.priority ?? defaultPriority);
  return difference === 0 ? one.insertion > other.insertion : difference < 0;
}

/**
 * Stubs in order, the one that is asked first at the END: the newest of the usual priority is appended and nothing moves, which
 * keeps the injection of many stubs linear.
 */
export class OrderedStubs<Stub extends PreparedStub = PreparedStub> {
  readonly #stubs: Stub[] = [];

  get size(): number {
    return this.#stubs.length;
  }

  /** 0 is asked first. */
  at(rank: number): Stub | undefined {
    return this.#stubs[this.#stubs.length - 1 - rank];
  }

  add(stub: Stub): void {
    const last = this.#stubs.at(-1);
    if (last === undefined || comesBefore(stub, last)) this.#stubs.push(stub);
    else this.#stubs.splice(this.#positionOf(stub), 0, stub);
  }

  remove(stub: Stub): void {
    const position = this.#positionOf(stub);
    if (this.#stubs[position] === stub) this.#stubs.splice(position, 1);
  }

  clear(): void {
    this.#stubs.length = 0;
  }

  /** In the order they are asked. */
  inOrder(): Stub[] {
    return this.#stubs.toReversed();
  }

  /** Where it is, or belongs. */
  #positionOf(stub: Stub): number {
    let low = 0;
    let high = this.#stubs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#stubs[middle];
      if (other !== undefined && comesBefore(stub, other)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Several ordered lists as one. */
export function* mergeInOrder<Stub extends PreparedStub>(lists: readonly OrderedStubs<Stub>[]): Generator<Stub, void> {
  const ranks = lists.map(() => 0);
  for (;;) {
    let best: Stub | undefined;
    let from = -1;
    for (const [index, list] of lists.entries()) {
      const head = list.at(ranks[index] ?? 0);
      if (head === undefined || (best !== undefined && !comesBefore(head, best))) continue;
      best = head;
      from = index;
    }
    if (best === undefined) return;
    ranks[from] = (ranks[from] ?? 0) + 1;
    yield best;
  }
}
