import { statSync } from "node:fs";
import { join } from "node:path";
import { refuseNameOutside, SafeFolder } from "./safe-folder.ts";

interface KeptBody {
  readonly content: Buffer;
  readonly state: string;
}

/**
 * The `__files` folder. A body that is served again and again is read once: what is kept of it is given as long as the file is
 * the same one and unchanged. The same bytes are given each time, so that the journal holds them once.
 */
export class BodyFolder {
  readonly #folder: SafeFolder;
  readonly #kept = new Map<string, KeptBody>();
  #keptBytes = 0;

  constructor(path: string) {
    this.#folder = new SafeFolder(path);
  }

  async read(name: string): Promise<Buffer | undefined> {
    refuseNameOutside(name, this.#folder.path);
    const state = this.#stateOf(name);
    const kept = this.#kept.get(name);
    if (kept !== undefined && kept.state === state) return kept.content;
    this.#forget(name);
    const content = await this.#folder.read(name);
    // Only what did not change while it was read.
    if (content !== undefined && state !== undefined && state === this.#stateOf(name)) this.#keep(name, { content, state });
    return content;
  }

  write(name: string, content: Buffer): Promise<void> {
    return this.#folder.write(name, content);
  }

  remove(name: string): Promise<boolean> {
    this.#forget(name);
    return this.#folder.remove(name);
  }

  list(): Promise<readonly string[]> {
    return this.#folder.list();
  }

  /** Which file it is, links followed, and when it last changed. */
  #stateOf(name: string): string | undefined {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = statSync(join(this.#folder.path, name), { bigint: true });
      return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
    } catch {
      return undefined;
    }
  }

  #keep(name: string, kept: KeptBody): void {
    if (kept.content.length > maxBodyBytes) return;
    this.#kept.set(name, kept);
    this.#keptBytes += kept.content.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= maxKeptBytes && this.#kept.size <= maxKept) break;
      this.#forget(oldest);
    }
  }

  #forget(name: string): void {
    this.#keptBytes -= this.#kept.get(name)?.content.length ?? 0;
    this.#kept.delete(name);
  }
}

const maxBodyBytes = 4 * 1024 * 1024;
const maxKeptBytes = 32 * 1024 * 1024;
const maxKept = 1000;
