import { type FileHandle, open, stat } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { type AccessLine, parseAccessLine } from "./access-line.ts";
import { DurationTally } from "./duration-tally.ts";
import { slotCount } from "./edge-site.ts";

/** What became of the requests of some slots. */
export interface Traffic {
  /** Without those that were told of maintenance. */
  readonly requests: number;
  /** Answered with 500 or above, by the service or because it could not be reached. */
  readonly failed: number;
  /** Undefined without requests. WebSockets and event streams count as requests but not here: they last as long as they like. */
  readonly p95Ms: number | undefined;
}

/**
 * Follows nginx's log by position and keeps what is asked for: counts per site, slot and second of the last quarter of an hour. It
 * reads on when it is asked, at most a part of the log at a time, and from the end of a log that was put aside into the new one.
 */
export interface AccessLog {
  /** Since a time, of the slots (all when absent). nginx writes within a second of the answer. */
  traffic(siteId: string, options: { readonly sinceMs: number; readonly slots?: readonly number[] }): Promise<Traffic>;
  close(): Promise<void>;
}

interface Second {
  requests: number;
  failed: number;
  readonly durations: DurationTally;
}

const keptMs = 15 * 60_000;
const readBytes = 256 * 1024;
/** Of a log that is there already when it is opened: the last quarter of an hour of a busy site. */
const startBytes = 64 * 1024 * 1024;
/** Longer ones are streams. */
const streamStatus = 101;

export function openAccessLog(options: { readonly path: string; readonly now?: () => number }): AccessLog {
  return new FollowedLog(options.path, options.now ?? Date.now);
}

class FollowedLog implements AccessLog {
  readonly #path: string;
  readonly #now: () => number;
  /** Per site and slot, per second of the clock. */
  readonly #seconds = new Map<string, Map<number, Second>>();
  #file: FileHandle | undefined;
  #position = 0;
  #rest = "";
  #decoder = new StringDecoder("utf8");
  #reading: Promise<unknown> = Promise.resolve();
  #isFirst = true;

  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
  }

  async traffic(siteId: string, options: { readonly sinceMs: number; readonly slots?: readonly number[] }): Promise<Traffic> {
    const turn = this.#reading.then(() => this.#catchUp());
    this.#reading = turn.catch(() => {});
    await turn;
    const durations = new DurationTally();
    let [requests, failed] = [0, 0];
    for (const slot of options.slots ?? Array.from({ length: slotCount }, (_, index) => index)) {
      for (const [second, counted] of this.#seconds.get(`${siteId} ${slot}`) ?? []) {
        if ((second + 1) * 1000 <= options.sinceMs) continue;
        requests += counted.requests;
        failed += counted.failed;
        durations.merge(counted.durations);
      }
    }
    return { requests, failed, p95Ms: durations.quantile(0.95) };
  }

  async close(): Promise<void> {
    await this.#reading;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #catchUp(): Promise<void> {
    if (this.#file === undefined && !(await this.#open())) return;
    await this.#readOn();
    if (await this.#wasPutAside()) {
      // nginx may have written to the former one until it opened the new one.
      await this.#readOn();
      await this.#file?.close();
      this.#file = undefined;
      if (await this.#open()) await this.#readOn();
    }
    this.#forget();
  }

  async #open(): Promise<boolean> {
    const file = await open(this.#path).catch(() => undefined);
    if (file === undefined) return false;
    this.#file = file;
    const { size } = await file.stat();
    this.#position = this.#isFirst ? Math.max(0, size - startBytes) : 0;
    this.#isFirst = false;
    this.#rest = "";
    this.#decoder = new StringDecoder("utf8");
    return true;
  }

  async #wasPutAside(): Promise<boolean> {
    const [own, named] = [await this.#file?.stat(), await stat(this.#path).catch(() => undefined)];
    if (own === undefined || named === undefined) return false;
    return own.ino !== named.ino || own.dev !== named.dev || named.size < this.#position;
  }

  async #readOn(): Promise<void> {
    const buffer = Buffer.alloc(readBytes);
    for (;;) {
      const { bytesRead } = (await this.#file?.read(buffer, 0, readBytes, this.#position)) ?? { bytesRead: 0 };
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      const lines = (this.#rest + this.#decoder.write(buffer.subarray(0, bytesRead))).split("\n");
      // A line never ends when a disk was full; what is no JSON is left out.
      this.#rest = (lines.pop() ?? "").slice(0, readBytes);
      for (const text of lines) {
        const line = parseAccessLine(text);
        if (line !== undefined && isVisit(line)) this.#count(line);
      }
    }
  }

  #count(line: AccessLine): void {
    const end = Math.floor(line.at / 1000);
    const key = `${line.site} ${line.slot}`;
    const ofSlot = this.#seconds.get(key) ?? new Map<number, Second>();
    this.#seconds.set(key, ofSlot);
    const second = ofSlot.get(end) ?? { requests: 0, failed: 0, durations: new DurationTally() };
    ofSlot.set(end, second);
    second.requests++;
    if (line.status >= 500) second.failed++;
    if (line.status !== streamStatus) second.durations.add(line.durationMs);
  }

  #forget(): void {
    const oldest = Math.floor((this.#now() - keptMs) / 1000);
    for (const [key, ofSlot] of this.#seconds) {
      for (const second of ofSlot.keys()) if (second < oldest) ofSlot.delete(second);
      if (ofSlot.size === 0) this.#seconds.delete(key);
    }
  }
}

/** Redirects to HTTPS, the status page and maintenance, nginx's only 503 of its own, say nothing of a release. */
function isVisit({ service, status, isService }: AccessLine): boolean {
  return service !== "" && service !== "status" && (isService || status !== 503);
}
