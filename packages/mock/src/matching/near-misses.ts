import type { RequestPattern, StubMapping } from "../mapping/stub-mapping.ts";
import type { MockRequest } from "../request/mock-request.ts";
import type { PreparedStub } from "../stubs/stub-store.ts";
import { compileRequest } from "./compile-request.ts";

/** A request and a stub, or a pattern, that came close. One that matches has the distance 0, and is the nearest of all. */
export interface NearMiss {
  readonly request: MockRequest;
  /** The one it was compared with: a stub, or a pattern on its own. */
  readonly stub?: StubMapping;
  readonly pattern?: RequestPattern;
  /** 0 matches, 1 has nothing in common. */
  readonly distance: number;
}

/** WireMock shows as many. */
const nearMissCount = 3;

/** The stubs that are nearest to a request, the nearest first; among equals in the order they are asked. */
export function nearestStubs(request: MockRequest, stubs: readonly PreparedStub[], count: number = nearMissCount): readonly NearMiss[] {
  return nearest(stubs, count, ({ matcher }) => matcher.distance(request)).map(({ item, distance }) => ({
    request,
    stub: item.stub,
    distance,
  }));
}

/** The requests (newest first) that are nearest to a pattern. */
export function nearestRequests(
  pattern: RequestPattern,
  requests: Iterable<MockRequest>,
  count: number = nearMissCount,
): readonly NearMiss[] {
  const matcher = compileRequest(pattern);
  return nearest(requests, count, (request) => matcher.distance(request)).map(({ item, distance }) => ({
    request: item,
    pattern,
    distance,
  }));
}

interface Measured<Item> {
  readonly item: Item;
  readonly distance: number;
}

/** Keeps the few best while going through, so that nothing of the rest is held or sorted. */
function nearest<Item>(items: Iterable<Item>, count: number, measure: (item: Item) => number): readonly Measured<Item>[] {
  const best: Measured<Item>[] = [];
  for (const item of items) {
    const measured = measure(item);
    // What has no measure (a list of no patterns) is farthest.
    const distance = Number.isNaN(measured) ? Number.POSITIVE_INFINITY : measured;
    const last = best.at(-1);
    if (best.length >= count && last !== undefined && distance >= last.distance) continue;
    const position = best.findIndex((each) => distance < each.distance);
    best.splice(position === -1 ? best.length : position, 0, { item, distance });
    if (best.length > count) best.pop();
  }
  return best.map((each) => ({ ...each, distance: Math.min(each.distance, 1) }));
}
