import { Problem } from "@dojang/model";
import type { TarEntry } from "./tar-writer.ts";

const block = 512;
const longestRecordsBytes = 1024 * 1024;

export interface ReadEntry {
  readonly entry: TarEntry;
  /** Read before the next entry is asked for; what is left unread is passed over. */
  readonly content: AsyncGenerator<Buffer>;
}

/** The entries of an archive that `TarWriter` wrote, from a stream. Paths that lead out of the archive are refused. */
export async function* readTar(source: AsyncIterable<Buffer>): AsyncGenerator<ReadEntry> {
  const reader = new Blocks(source);
  let records: Map<string, string> = new Map();
  for (;;) {
    const header = await reader.exactly(block);
    if (header.every((byte) => byte === 0)) {
      // The rest is read too: only at its end is the file known to be whole.
      await reader.drain();
      return;
    }
    checkSum(header);
    const type = String.fromCharCode(header[156] ?? 0);
    const sizeBytes = Number(records.get("size") ?? Number.parseInt(text(header, 124, 12), 8));
    if (type === "x") {
      if (sizeBytes > longestRecordsBytes) throw broken("an entry's name is too long");
      records = parseRecords(await reader.exactly(sizeBytes));
      await reader.exactly(padding(sizeBytes));
      continue;
    }
    const entry = entryOf(header, type, records, sizeBytes);
    records = new Map();
    const left = { bytes: entry.kind === "file" ? entry.sizeBytes : 0 };
    const content = reader.upTo(left);
    yield { entry, content };
    for await (const _ of reader.upTo(left)) {
      // Passed over.
    }
    if (entry.kind === "file") await reader.exactly(padding(entry.sizeBytes));
  }
}

function entryOf(header: Buffer, type: string, records: ReadonlyMap<string, string>, sizeBytes: number): TarEntry {
  const path = records.get("path") ?? text(header, 0, 100);
  if (path === "" || path.startsWith("/") || path.split("/").includes("..")) throw broken(`an entry is named ${JSON.stringify(path)}`);
  const mode = Number.parseInt(text(header, 100, 8), 8) & 0o7777;
  switch (type) {
    case "0":
      return { kind: "file", path, mode, sizeBytes };
    case "5":
      return { kind: "folder", path, mode };
    case "2":
      return { kind: "link", path, target: records.get("linkpath") ?? text(header, 157, 100) };
    default:
      throw broken(`an entry is of the kind ${JSON.stringify(type)}`);
  }
}

function checkSum(header: Buffer): void {
  const said = Number.parseInt(text(header, 148, 8), 8);
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 32 : byte;
  if (sum !== said) throw broken("an entry's check sum is wrong");
}

function parseRecords(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(32, at);
    const length = Number(bytes.toString("latin1", at, space));
    if (space < 0 || !Number.isInteger(length) || length < 5) throw broken("an entry's name is broken");
    const record = bytes.toString("utf8", space + 1, at + length - 1);
    const sign = record.indexOf("=");
    records.set(record.slice(0, sign), record.slice(sign + 1));
    at += length;
  }
  return records;
}

function text(header: Buffer, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? length : end);
}

function padding(bytes: number): number {
  return (block - (bytes % block)) % block;
}

function broken(how: string): Problem {
  return new Problem({
    code: "backup-damaged",
    exit: "infrastructure",
    message: `the archive inside the backup is broken: ${how}`,
    fix: "take an older backup, and report this: what is inside was authenticated, so it was written broken",
  });
}

class Blocks {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async exactly(bytes: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    const left = { bytes };
    for await (const piece of this.upTo(left)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async *upTo(left: { bytes: number }): AsyncGenerator<Buffer> {
    while (left.bytes > 0) {
      if (this.#held.length === 0 && !(await this.#more())) throw broken("it ends in the middle of an entry");
      const piece = this.#held.subarray(0, left.bytes);
      this.#held = this.#held.subarray(piece.length);
      left.bytes -= piece.length;
      yield piece;
    }
  }

  async drain(): Promise<void> {
    this.#held = Buffer.alloc(0);
    while (await this.#more()) this.#held = Buffer.alloc(0);
  }

  async #more(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done === true) return false;
    this.#held = next.value;
    return true;
  }
}
