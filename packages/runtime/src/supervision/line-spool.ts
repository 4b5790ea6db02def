import { createReadStream } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { OutputLine } from "../contract.ts";

/**
 * The output of an environment on disk: one line of JSON per line of output, in order of arrival, in numbered segments.
 * One process writes; any number of processes read and follow. When the limit is reached the oldest segment goes, and
 * positions show the gap.
 */
export interface SpoolLimits {
  readonly segmentBytes: number;
  readonly segments: number;
}

const defaultLimits: SpoolLimits = { segmentBytes: 8 * 1024 * 1024, segments: 32 };
const followPauseMs = 40;

export class SpoolWriter {
  readonly #folder: string;
  readonly #limits: SpoolLimits;
  readonly #positions = new Map<string, number>();
  #waiting: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #segment = 1;
  #segmentBytes = 0;

  private constructor(folder: string, limits: SpoolLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /** Goes on after what an earlier writer left: positions never start again. */
  static async open(folder: string, limits: SpoolLimits = defaultLimits): Promise<SpoolWriter> {
    await mkdir(folder, { recursive: true });
    const writer = new SpoolWriter(folder, limits);
    const segments = await segmentNumbers(folder);
    for (const number of segments) {
      for (const line of parseLines(await readFile(segmentPath(folder, number), "utf8")))
        writer.#positions.set(line.service, line.position);
    }
    // A new segment each time, so that a half-written last line of a killed writer is never continued.
    writer.#segment = (segments.at(-1) ?? 0) + 1;
    return writer;
  }

  write(line: {
    readonly service: string;
    readonly stream: OutputLine["stream"];
    readonly text: string;
    readonly at?: number;
  }): OutputLine {
    const position = (this.#positions.get(line.service) ?? 0) + 1;
    this.#positions.set(line.service, position);
    const at = line.at ?? performance.timeOrigin + performance.now();
    const whole: OutputLine = { service: line.service, position, at, stream: line.stream, text: line.text };
    this.#waiting.push(`${JSON.stringify(whole)}\n`);
    if (this.#waiting.length === 1) this.#writing = this.#writing.then(() => this.#drain());
    return whole;
  }

  /** Resolves when everything written so far can be read. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #drain(): Promise<void> {
    const text = this.#waiting.join("");
    this.#waiting = [];
    if (this.#segmentBytes > this.#limits.segmentBytes) await this.#turn();
    this.#segmentBytes += Buffer.byteLength(text);
    // A folder taken away by `stop`, or a full disk, must not bring down the one who watches the services.
    await appendFile(segmentPath(this.#folder, this.#segment), text).catch(() => {});
  }

  async #turn(): Promise<void> {
    this.#segment += 1;
    this.#segmentBytes = 0;
    await rm(segmentPath(this.#folder, this.#segment - this.#limits.segments), { force: true });
  }
}

export interface SpoolReading {
  readonly folder: string;
  readonly service?: string;
  readonly after?: Readonly<Record<string, number>>;
  readonly follow: boolean;
  readonly signal: AbortSignal;
  /** Asked while following: no more lines will come. */
  readonly ended: () => Promise<boolean>;
}

/** Ends quietly when the signal is aborted. */
export async function* readSpool(reading: SpoolReading): AsyncGenerator<OutputLine> {
  const wanted = (line: OutputLine) =>
    (reading.service === undefined || line.service === reading.service) && line.position > (reading.after?.[line.service] ?? 0);
  let segment = 0;
  let offset = 0;
  while (!reading.signal.aborted) {
    // Asked before reading: what was written before the end is then certain to be read.
    const last = !reading.follow || (await reading.ended());
    for (const number of await segmentNumbers(reading.folder)) {
      if (number < segment) continue;
      if (number > segment) [segment, offset] = [number, 0];
      const { lines, bytes } = await readWhole(segmentPath(reading.folder, number), offset);
      offset += bytes;
      for (const line of lines) {
        if (reading.signal.aborted) return;
        if (wanted(line)) yield line;
      }
    }
    if (last) return;
    await wait(followPauseMs, undefined, { signal: reading.signal }).catch(() => {});
  }
}

async function readWhole(path: string, offset: number): Promise<{ lines: OutputLine[]; bytes: number }> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size <= offset) return { lines: [], bytes: 0 };
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path, { start: offset, end: size - 1 })) chunks.push(chunk);
  const all = Buffer.concat(chunks);
  const bytes = all.lastIndexOf(0x0a) + 1;
  return { lines: parseLines(all.subarray(0, bytes).toString("utf8")), bytes };
}

function parseLines(text: string): OutputLine[] {
  const lines: OutputLine[] = [];
  for (const piece of text.split("\n")) {
    if (piece === "") continue;
    try {
      lines.push(JSON.parse(piece));
    } catch {
      // The last line of a writer that was killed while writing; its successor began a new segment.
    }
  }
  return lines;
}

async function segmentNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .map((name) => Number(/^lines-(\d+)\.ndjson$/.exec(name)?.[1] ?? Number.NaN))
    .filter((number) => !Number.isNaN(number))
    .sort((a, b) => a - b);
}

function segmentPath(folder: string, number: number): string {
  return join(folder, `lines-${String(number).padStart(6, "0")}.ndjson`);
}
