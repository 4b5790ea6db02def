import type { StubMapping } from "../mapping/stub-mapping.ts";
import type { SubEvent } from "../matching/matcher.ts";
import { copyAlone, isSmallPart } from "./copy-alone.ts";
import { jsonBytes, ownBytes } from "./event-size.ts";
import { keepRequest } from "./keep-request.ts";
import type { Journal, ServeEvent } from "./serve-event.ts";
import { SharedBytes } from "./shared-bytes.ts";

export interface JournalOptions {
  /** Default true. A journal that is off keeps nothing and finds nothing. */
  readonly enabled?: boolean;
  /** Of everything kept together. Default 64 MiB. The newest entry stays even when it alone is larger. */
  readonly maxBytes?: number;
  /** Default: as many as `maxBytes` allows. */
  readonly maxEntries?: number;
  /** Of the body of one answer as it is kept. Default: all of it. */
  readonly maxBodyBytes?: number;
}

/**
 * A queue of entries in the order in which they were served, and an index by id. Adding is one append and as many removals at
 * the other end as bring the journal back within its bounds. An entry taken out of the middle leaves an empty place in the
 * queue, which is skipped when it comes to the end; the queue is moved up when half of it is empty.
 *
 * An entry weighs what it alone keeps alive (`ownBytes`) and, once for all who share it, its stub and the memory behind its
 * bodies. A body that is a small part of a larger buffer is copied, so that it does not keep the whole of it.
 */
export function createJournal({
  enabled = true,
  maxBytes = defaultMaxBytes,
  maxEntries = Number.POSITIVE_INFINITY,
  maxBodyBytes = Number.POSITIVE_INFINITY,
}: JournalOptions = {}): Journal {
  return new BoundedJournal({ enabled, maxBytes, maxEntries, maxBodyBytes });
}

interface Entry {
  event: ServeEvent;
  ownBytes: number;
}

class BoundedJournal implements Journal {
  readonly enabled: boolean;
  readonly #limits: Required<JournalOptions>;
  readonly #byId = new Map<string, Entry>();
  readonly #shared = new SharedBytes();
  readonly #sizesOfStubs = new WeakMap<StubMapping, number>();
  #queue: (Entry | undefined)[] = [];
  #oldest = 0;
  #ownBytes = 0;
  #dropped = 0;

  constructor(limits: Required<JournalOptions>) {
    this.enabled = limits.enabled;
    this.#limits = limits;
  }

  get dropped(): number {
    return this.#dropped;
  }

  add(given: ServeEvent): void {
    if (!this.enabled || this.#byId.has(given.id)) return;
    const body = isToldByReport(given) ? noBytes : this.#bodyToKeep(given.response.body);
    const request = keepRequest(given.request);
    const asGiven = body === given.response.body && request === given.request;
    const event = asGiven ? given : { ...given, request, response: { ...given.response, body } };
    const entry = { event, ownBytes: ownBytes(event) };
    this.#byId.set(event.id, entry);
    this.#queue.push(entry);
    this.#ownBytes += entry.ownBytes;
    this.#hold(event);
    this.#dropOldest();
    this.#moveUp();
  }

  addSubEvent(id: string, subEvent: SubEvent): void {
    const entry = this.#byId.get(id);
    if (entry === undefined || entry.event.subEvents.length >= maxSubEvents) return;
    this.#ownBytes -= entry.ownBytes;
    entry.event = { ...entry.event, subEvents: [...entry.event.subEvents, subEvent] };
    entry.ownBytes = ownBytes(entry.event);
    this.#ownBytes += entry.ownBytes;
    this.#dropOldest();
  }

  all(): readonly ServeEvent[] {
    const events: ServeEvent[] = [];
    for (let at = this.#queue.length - 1; at >= this.#oldest; at--) {
      const entry = this.#queue[at];
      if (entry !== undefined) events.push(entry.event);
    }
    return events;
  }

  get(id: string): ServeEvent | undefined {
    return this.#byId.get(id)?.event;
  }

  remove(id: string): boolean {
    const entry = this.#byId.get(id);
    if (entry === undefined) return false;
    this.#forget(entry);
    this.#queue[this.#queue.indexOf(entry, this.#oldest)] = undefined;
    this.#moveUp();
    return true;
  }

  removeWhere(matches: (event: ServeEvent) => boolean): readonly ServeEvent[] {
    const kept: Entry[] = [];
    const removed: ServeEvent[] = [];
    for (const entry of this.#queue.slice(this.#oldest)) {
      if (entry === undefined) continue;
      if (!matches(entry.event)) {
        kept.push(entry);
        continue;
      }
      this.#forget(entry);
      removed.push(entry.event);
    }
    this.#queue = kept;
    this.#oldest = 0;
    return removed.reverse();
  }

  clear(): void {
    this.#byId.clear();
    this.#shared.clear();
    this.#queue = [];
    this.#oldest = 0;
    this.#ownBytes = 0;
    this.#dropped = 0;
  }

  #dropOldest(): void {
    const { maxBytes, maxEntries } = this.#limits;
    const mustKeep = Math.min(1, maxEntries);
    while (this.#byId.size > mustKeep && (this.#byId.size > maxEntries || this.#ownBytes + this.#shared.total > maxBytes)) {
      const entry = this.#queue[this.#oldest];
      this.#queue[this.#oldest] = undefined;
      this.#oldest++;
      if (entry === undefined) continue;
      this.#forget(entry);
      this.#dropped++;
    }
  }

  #moveUp(): void {
    if (this.#queue.length < 1024 || this.#byId.size * 2 > this.#queue.length) return;
    this.#queue = this.#queue.filter((entry) => entry !== undefined);
    this.#oldest = 0;
  }

  #forget(entry: Entry): void {
    this.#byId.delete(entry.event.id);
    this.#ownBytes -= entry.ownBytes;
    const { stub, request, response } = entry.event;
    if (stub !== undefined) this.#shared.release(stub);
    this.#shared.release(request.body.buffer);
    this.#shared.release(response.body.buffer);
  }

  #hold({ stub, request, response }: ServeEvent): void {
    if (stub !== undefined) this.#shared.hold(stub, () => this.#stubBytes(stub));
    for (const { buffer } of [request.body, response.body]) this.#shared.hold(buffer, () => buffer.byteLength);
  }

  #bodyToKeep(body: Buffer): Buffer {
    const kept = body.length > this.#limits.maxBodyBytes ? body.subarray(0, this.#limits.maxBodyBytes) : body;
    if (kept.length === 0) return noBytes;
    return isSmallPart(kept) ? copyAlone(kept) : kept;
  }

  /** Measured once, also where a small journal lets go of a stub with every entry. */
  #stubBytes(stub: StubMapping): number {
    const known = this.#sizesOfStubs.get(stub);
    if (known !== undefined) return known;
    const bytes = jsonBytes(stub);
    this.#sizesOfStubs.set(stub, bytes);
    return bytes;
  }
}

/** The page of what nothing matched is kept once, as the sub-event that WireMock's clients look at. */
export function isToldByReport({ answeredBy, response, subEvents }: ServeEvent): boolean {
  return answeredBy === "nothing" && response.status === 404 && subEvents.some(({ type }) => type === "REQUEST_NOT_MATCHED");
}

const noBytes = Buffer.allocUnsafeSlow(0);
const defaultMaxBytes = 64 * 1024 * 1024;
const maxSubEvents = 200;
