import type { RequestPattern, UrlPattern } from "../mapping/stub-mapping.ts";
import { pathTemplatePrefix, pathTemplateSegments } from "../matching/path-template.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { literalPrefix } from "./literal-prefix.ts";
import { mergeInOrder, type OrderedStubs } from "./ordered-stubs.ts";
import { PrefixTree } from "./prefix-tree.ts";
import { SegmentTree } from "./segment-tree.ts";
import { StubBucket } from "./stub-bucket.ts";
import type { PreparedStub } from "./stub-store.ts";

/**
 * Which stubs a request may match, found without asking those that it cannot.
 *
 * Every stub is filed in one bucket. The way to it is: the host, when the stub wants it to equal a name; then its URL: the exact
 * URL or path (also of a regular expression that is a plain text), the segments of a path template, or the literal beginning of a
 * regular expression; in the bucket the method and the values that query parameters and headers have to equal.
 *
 * A request visits the few buckets on its own ways; their lists are sorted already and are merged, so that candidates come in the
 * order WireMock asks them. The index may give a stub that does not match (its matcher says so), and never leaves out one that does.
 */
export class StubIndex<Stub extends PreparedStub> {
  readonly #anyHost = new UrlIndex<Stub>();
  readonly #byHost = new Map<string, UrlIndex<Stub>>();

  add(stub: Stub): void {
    const host = exactHost(stub.stub.request);
    if (host === undefined) {
      this.#anyHost.add(stub);
      return;
    }
    let index = this.#byHost.get(host);
    if (index === undefined) {
      index = new UrlIndex();
      this.#byHost.set(host, index);
    }
    index.add(stub);
  }

  remove(stub: Stub): void {
    const host = exactHost(stub.stub.request);
    const index = host === undefined ? this.#anyHost : this.#byHost.get(host);
    index?.remove(stub);
    if (host !== undefined && index?.size === 0) this.#byHost.delete(host);
  }

  candidates(request: MockRequest): Iterable<Stub> {
    const lists: OrderedStubs<Stub>[] = [];
    this.#anyHost.collect(request, lists);
    if (this.#byHost.size > 0) this.#byHost.get(request.host)?.collect(request, lists);
    return lists.length === 0 ? [] : mergeInOrder(lists);
  }
}

function exactHost({ host }: RequestPattern): string | undefined {
  return host?.kind === "equalTo" ? host.value.toLowerCase() : undefined;
}

/** Where a URL pattern is filed. */
type Place =
  | { readonly kind: "url" | "path" | "prefix"; readonly text: string }
  | { readonly kind: "segments"; readonly segments: readonly (string | undefined)[] };

function placeOf(url: UrlPattern): Place {
  switch (url.kind) {
    case "any":
      return { kind: "prefix", text: "" };
    case "url":
      return { kind: "url", text: url.value };
    case "urlPath":
      return { kind: "path", text: url.value };
    case "urlPattern":
    case "urlPathPattern": {
      const { text, isWhole } = literalPrefix(url.value);
      if (!isWhole) return { kind: "prefix", text };
      return { kind: url.kind === "urlPattern" ? "url" : "path", text };
    }
    case "urlPathTemplate": {
      const segments = pathTemplateSegments(url.value);
      return segments ? { kind: "segments", segments } : { kind: "prefix", text: pathTemplatePrefix(url.value) };
    }
  }
}

class UrlIndex<Stub extends PreparedStub> {
  readonly #byUrl = new Map<string, StubBucket<Stub>>();
  readonly #byPath = new Map<string, StubBucket<Stub>>();
  readonly #bySegments = new SegmentTree<StubBucket<Stub>>();
  readonly #byPrefix = new PrefixTree<StubBucket<Stub>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(stub: Stub): void {
    this.#bucketAt(placeOf(stub.stub.request.url)).add(stub);
    this.#size++;
  }

  remove(stub: Stub): void {
    const place = placeOf(stub.stub.request.url);
    const bucket = this.#bucketAt(place);
    bucket.remove(stub);
    this.#size--;
    if (!bucket.isEmpty) return;
    if (place.kind === "segments") this.#bySegments.delete(place.segments);
    else if (place.kind === "url") this.#byUrl.delete(place.text);
    else if (place.kind === "path") this.#byPath.delete(place.text);
    else this.#byPrefix.delete(place.text);
  }

  collect(request: MockRequest, lists: OrderedStubs<Stub>[]): void {
    this.#byUrl.get(request.url)?.collect(request, lists);
    this.#byPath.get(request.path)?.collect(request, lists);
    this.#bySegments.collect(request.path, (bucket) => bucket.collect(request, lists));
    this.#byPrefix.collect(request.url, (bucket) => bucket.collect(request, lists));
  }

  #bucketAt(place: Place): StubBucket<Stub> {
    if (place.kind === "segments") return this.#bySegments.at(place.segments, () => new StubBucket());
    if (place.kind === "prefix") return this.#byPrefix.at(place.text, () => new StubBucket());
    const map = place.kind === "url" ? this.#byUrl : this.#byPath;
    let bucket = map.get(place.text);
    if (bucket === undefined) {
      bucket = new StubBucket();
      map.set(place.text, bucket);
    }
    return bucket;
  }
}
