import type { Writable } from "node:stream";

/** What an entry is. Sizes are of the content as it will be written: a tar archive names them first. */
export type TarEntry =
  | { readonly kind: "file"; readonly path: string; readonly mode: number; readonly sizeBytes: number }
  | { readonly kind: "folder"; readonly path: string; readonly mode: number }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

const block = 512;
const zeros = Buffer.alloc(64 * 1024);

/** A tar archive (POSIX pax) written into a stream, as fast as the stream takes it. */
export class TarWriter {
  readonly #out: Writable;
  readonly #closed = new AbortController();

  constructor(out: Writable) {
    this.#out = out;
    out.once("close", () => this.#closed.abort(new Error("the archive is not written any further")));
  }

  /** Content that is longer than said is cut, shorter is filled with zeros: files change while they are read. */
  async add(entry: TarEntry, content?: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#header(entry);
    if (entry.kind !== "file") return;
    let left = entry.sizeBytes;
    if (left > 0) {
      for await (const piece of content ?? []) {
        const fits = piece.length > left ? piece.subarray(0, left) : piece;
        await this.#write(fits);
        left -= fits.length;
        if (left === 0) break;
      }
    }
    while (left > 0) {
      const fill = zeros.subarray(0, Math.min(left, zeros.length));
      await this.#write(fill);
      left -= fill.length;
    }
    await this.#pad(entry.sizeBytes);
  }

  async addText(path: string, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    await this.add({ kind: "file", path, mode: 0o600, sizeBytes: bytes.length }, once(bytes));
  }

  async end(): Promise<void> {
    await this.#write(zeros.subarray(0, 2 * block));
    this.#out.end();
  }

  async #header(entry: TarEntry): Promise<void> {
    const records = longRecords(entry);
    if (records.length > 0) {
      const body = Buffer.from(records.map(([key, value]) => paxRecord(key, value)).join(""));
      await this.#write(headerBlock({ name: "pax", mode: 0o600, sizeBytes: body.length, type: "x", target: "" }));
      await this.#write(body);
      await this.#pad(body.length);
    }
    await this.#write(
      headerBlock({
        name: entry.path,
        mode: entry.kind === "link" ? 0o777 : entry.mode,
        sizeBytes: entry.kind === "file" ? entry.sizeBytes : 0,
        type: entry.kind === "file" ? "0" : entry.kind === "folder" ? "5" : "2",
        target: entry.kind === "link" ? entry.target : "",
      }),
    );
  }

  async #pad(bytes: number): Promise<void> {
    const rest = bytes % block;
    if (rest > 0) await this.#write(zeros.subarray(0, block - rest));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#closed.signal.throwIfAborted();
    if (bytes.length === 0 || this.#out.write(bytes)) return;
    await new Promise<void>((resolve, reject) => {
      const { signal } = this.#closed;
      const onClose = () => reject(signal.reason);
      signal.addEventListener("abort", onClose, { once: true });
      this.#out.once("drain", () => {
        signal.removeEventListener("abort", onClose);
        resolve();
      });
    });
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const largestOctal = 8 * 1024 ** 3;

function longRecords(entry: TarEntry): [string, string][] {
  const records: [string, string][] = [];
  if (Buffer.byteLength(entry.path) > 100) records.push(["path", entry.path]);
  if (entry.kind === "link" && Buffer.byteLength(entry.target) > 100) records.push(["linkpath", entry.target]);
  if (entry.kind === "file" && entry.sizeBytes >= largestOctal) records.push(["size", String(entry.sizeBytes)]);
  return records;
}

/** `LENGTH key=value\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const restBytes = Buffer.byteLength(rest);
  let length = restBytes + 1;
  while (String(length).length + restBytes !== length) length = String(length).length + restBytes;
  return `${length}${rest}`;
}

function headerBlock(field: {
  readonly name: string;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly type: string;
  readonly target: string;
}): Buffer {
  const header = Buffer.alloc(block);
  const octal = (value: number, at: number, width: number) => header.write(value.toString(8).padStart(width - 1, "0"), at);
  Buffer.from(field.name).copy(header, 0, 0, 100);
  octal(field.mode & 0o7777, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(field.sizeBytes < largestOctal ? field.sizeBytes : 0, 124, 12);
  octal(0, 136, 12);
  header.fill(" ", 148, 156);
  header.write(field.type, 156);
  Buffer.from(field.target).copy(header, 157, 0, 100);
  header.write("ustar\x0000", 257, "latin1");
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}
