import { expect, test } from "vitest";
import type { RequestPattern, StubMapping } from "../mapping/stub-mapping.ts";
import { compileRequest } from "../matching/compile-request.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { receiveRequest } from "../request/receive-request.ts";
import { createStubStore } from "./create-stub-store.ts";
import { comesBefore } from "./ordered-stubs.ts";
import type { PreparedStub, StubStore } from "./stub-store.ts";

/** mulberry32: the same numbers for the same seed, so that a failure can be repeated. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  oneOf<T>(choices: readonly T[]): T {
    const chosen = choices[this.below(choices.length)];
    if (chosen === undefined) throw new Error("nothing to choose from");
    return chosen;
  }
}

const segments = ["a", "b", "ab", "1", "22", "", "x.json", "A"];
const values = ["1", "2", "a b", ""];

function path(dice: Dice): string {
  return `/${Array.from({ length: 1 + dice.below(3) }, () => dice.oneOf(segments)).join("/")}`;
}

function url(dice: Dice): string {
  const pairs = Array.from({ length: dice.below(3) }, () => `${dice.oneOf(["q", "r"])}=${encodeURIComponent(dice.oneOf(values))}`);
  return pairs.length > 0 ? `${path(dice)}?${pairs.join("&")}` : path(dice);
}

function urlPattern(dice: Dice): RequestPattern["url"] {
  switch (dice.below(8)) {
    case 0:
      return { kind: "any" };
    case 1:
      return { kind: "url", value: url(dice) };
    case 2:
    case 3:
      return { kind: "urlPath", value: path(dice) };
    case 4:
      return { kind: "urlPathTemplate", value: path(dice).replaceAll(/1|22/g, dice.oneOf(["{id}", "**", "{x}.json", "{p}"])) };
    case 5:
      return {
        kind: "urlPathPattern",
        value: `${dice.oneOf(["", "^"])}${path(dice)}${dice.oneOf(["", "/?", "/.*", "+", "|/a/b", "$", "(/1|/2)"])}`,
      };
    default:
      return {
        kind: "urlPattern",
        value: `${path(dice).replaceAll("1", dice.oneOf(["\\d", "[0-9]+", "1*", "\\Q1\\E"]))}${dice.oneOf(["", ".*", "\\?q=.*"])}`,
      };
  }
}

function pattern(dice: Dice): RequestPattern {
  return {
    url: urlPattern(dice),
    method: dice.oneOf([
      { kind: "any" },
      { kind: "one", name: "GET" },
      { kind: "one", name: "POST" },
      { kind: "one", name: "GET_OR_HEAD" },
      { kind: "noneOf", names: ["GET"] },
    ]),
    ...(dice.chance(0.2) && { host: { kind: "equalTo", value: dice.oneOf(["one.test", "TWO.test"]) } }),
    ...(dice.chance(0.3) && {
      queryParameters: { [dice.oneOf(["q", "r"])]: dice.oneOf([{ kind: "equalTo", value: dice.oneOf(values) }, { kind: "absent" }]) },
    }),
    ...(dice.chance(0.2) && {
      headers: {
        [dice.oneOf(["X-A", "x-a"])]: { kind: "equalTo", value: dice.oneOf(["1", "2"]), caseInsensitive: dice.chance(0.3) || undefined },
        [dice.oneOf(["X-B", "x-A"])]: { kind: "equalTo", value: dice.oneOf(["1", "2"]) },
      },
    }),
  };
}

function stub(dice: Dice, number: number): StubMapping {
  return {
    id: `stub ${number}`,
    request: pattern(dice),
    response: { status: 200 },
    ...(dice.chance(0.4) && { priority: 1 + dice.below(6) }),
  };
}

function request(dice: Dice): MockRequest {
  const headers = ["Host", dice.oneOf(["one.test", "two.test:81", "three.test"])];
  while (dice.chance(0.5)) headers.push(dice.oneOf(["x-a", "X-A", "X-B"]), dice.oneOf(["1", "2"]));
  return receiveRequest({
    method: dice.oneOf(["GET", "POST", "HEAD"]),
    target: url(dice),
    rawHeaders: headers,
    httpVersion: "1.1",
    scheme: "http",
    body: Buffer.alloc(0),
  });
}

/** What the index has to agree with: every stub is asked, in order. */
class LinearScan {
  #stubs: PreparedStub[] = [];
  #insertions = 0;

  add(added: StubMapping, insertion = this.#insertions++): void {
    this.#stubs = this.#stubs.filter((each) => each.stub.id !== added.id);
    this.#stubs.push({ stub: added, matcher: compileRequest(added.request), insertion });
    this.#stubs.sort((one, other) => (comesBefore(one, other) ? -1 : 1));
  }

  edit(edited: StubMapping): void {
    const present = this.#stubs.find((each) => each.stub.id === edited.id);
    if (present) this.add(edited, present.insertion);
  }

  remove(id: string): void {
    this.#stubs = this.#stubs.filter((each) => each.stub.id !== id);
  }

  find(asked: MockRequest): string | undefined {
    return this.#stubs.find(({ matcher }) => matcher.matches(asked))?.stub.id;
  }

  ids(): readonly string[] {
    return this.#stubs.map((each) => each.stub.id);
  }
}

function change(dice: Dice, store: StubStore, scan: LinearScan): void {
  const number = dice.below(60);
  if (dice.chance(0.2)) {
    store.remove(`stub ${number}`);
    scan.remove(`stub ${number}`);
  } else if (dice.chance(0.3)) {
    const edited = stub(dice, number);
    store.edit(edited);
    scan.edit(edited);
  } else {
    const added = stub(dice, number);
    store.add(added);
    scan.add(added);
  }
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])("the index finds what asking every stub in order finds (seed %i)", (seed) => {
  const dice = new Dice(seed);
  const store = createStubStore();
  const scan = new LinearScan();
  let found = 0;
  for (let round = 0; round < 400; round++) {
    change(dice, store, scan);
    for (let i = 0; i < 5; i++) {
      const asked = request(dice);
      const expected = scan.find(asked);
      expect(store.find(asked)?.prepared.stub.id, `${asked.method} ${asked.absoluteUrl} ${JSON.stringify(asked.headers)}`).toBe(expected);
      if (expected !== undefined) found++;
    }
    expect(store.all().map(({ id }) => id)).toEqual(scan.ids());
  }
  expect(found).toBeGreaterThan(200);
});
