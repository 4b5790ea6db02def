import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ensureBackupKey, exportBackupKey, findBackupKey, importBackupKey } from "./backup-key.ts";
import { Sealer, unseal } from "./sealed-file.ts";
import { readTar } from "./tar-reader.ts";
import { TarWriter } from "./tar-writer.ts";
import { writeSealed } from "./write-sealed.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "dojang-sealed-"));
});
afterEach(async () => await rm(home, { recursive: true, force: true }));

const header = { kind: "files", site: "todo-production", service: "web", name: "abc", startedAt: 1 };
const chunk = 1024 * 1024;

async function seal(content: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const into = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece);
      done();
    },
  });
  await pipeline(Readable.from([content]), new Sealer(await ensureBackupKey(home), header), into);
  return Buffer.concat(pieces);
}

async function open(sealed: Buffer): Promise<Buffer> {
  async function* inOddPieces() {
    for (let at = 0; at < sealed.length; at += 700_001) yield sealed.subarray(at, at + 700_001);
  }
  const { content } = await unseal(inOddPieces(), "abc", (fingerprint) => findBackupKey(home, fingerprint));
  return Buffer.concat(await Array.fromAsync(content));
}

describe("an encrypted file", () => {
  test.each([0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 17])("of %i bytes comes back as it was", async (bytes) => {
    const content = randomBytes(bytes);
    expect((await open(await seal(content))).equals(content)).toBe(true);
  });

  test("with a flipped byte anywhere is refused: in the magic, the header, a chunk, a tag", async () => {
    const sealed = await seal(randomBytes(2 * chunk + 5));
    const headerLength = sealed.readUInt32BE(16);
    for (const at of [0, 17, 20 + 2, 20 + headerLength - 2, 20 + headerLength, sealed.length - 10, 20 + headerLength + chunk + 3]) {
      const broken = Buffer.from(sealed);
      broken[at] = (broken[at] ?? 0) ^ 1;
      await expect(open(broken), `byte ${at}`).rejects.toMatchObject({ code: expect.stringMatching(/^backup-(damaged|key-missing)$/) });
    }
  });

  test("that was cut is refused, also at the end of a chunk and of the header", async () => {
    const sealed = await seal(randomBytes(3 * chunk));
    const start = 20 + sealed.readUInt32BE(16);
    for (const length of [0, 10, 19, start - 1, start, start + 5, start + chunk + 16, start + 2 * (chunk + 16), sealed.length - 1]) {
      await expect(open(sealed.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({ code: "backup-damaged" });
    }
  });

  test("whose chunks were swapped, doubled or followed by others is refused", async () => {
    const sealed = await seal(randomBytes(3 * chunk));
    const start = 20 + sealed.readUInt32BE(16);
    const parts = [0, 1, 2].map((index) => sealed.subarray(start + index * (chunk + 16), start + (index + 1) * (chunk + 16)));
    const [a, b, c] = parts as [Buffer, Buffer, Buffer];
    for (const order of [
      [b, a, c],
      [a, a, c],
      [a, c],
      [a, b, c, c],
    ]) {
      await expect(open(Buffer.concat([sealed.subarray(0, start), ...order]))).rejects.toMatchObject({ code: "backup-damaged" });
    }
  });

  test("of another key is refused by the key's name", async () => {
    const sealed = await seal(Buffer.from("x"));
    const own = (await ensureBackupKey(home)).fingerprint;
    await rm(join(home, "keys"), { recursive: true });
    await expect(open(sealed)).rejects.toMatchObject({
      code: "backup-key-missing",
      message: expect.stringContaining(`${own}, this state folder has none`),
    });
  });
});

describe("the key", () => {
  test("is made once, for nobody else to read, and is the same for all who make it at once", async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => ensureBackupKey(home)));
    expect(new Set(keys.map((key) => key.fingerprint)).size).toBe(1);
    expect(keys.filter((key) => key.isNew)).toHaveLength(1);
    expect((await stat(join(home, "keys", "backup.key"))).mode & 0o777).toBe(0o600);
    expect(await readdir(join(home, "keys"))).toEqual(["backup.key"]);
  });

  test("that was exported opens the backups of a state folder that is gone, beside the own one", async () => {
    const sealed = await seal(Buffer.from("kept"));
    const line = await exportBackupKey(home);
    await rm(join(home, "keys"), { recursive: true });
    const own = await ensureBackupKey(home);
    await importBackupKey(home, ` ${line}\n`);
    expect((await open(sealed)).toString()).toBe("kept");
    expect((await ensureBackupKey(home)).fingerprint).toBe(own.fingerprint);
    await expect(importBackupKey(home, "dojang-backup-key-1:short")).rejects.toMatchObject({ code: "backup-key-malformed" });
  });

  test("of which the file is garbage is told, and never made anew over it", async () => {
    await ensureBackupKey(home);
    await rm(join(home, "keys", "backup.key"));
    await import("node:fs/promises").then((fs) => fs.writeFile(join(home, "keys", "backup.key"), "oops"));
    await expect(ensureBackupKey(home)).rejects.toMatchObject({ code: "backup-key-malformed" });
    expect(await readFile(join(home, "keys", "backup.key"), "utf8")).toBe("oops");
  });
});

describe("the archive inside", () => {
  test("gives back names of any length, modes, links and contents", async () => {
    const out = new PassThrough();
    const tar = new TarWriter(out);
    const long = `deep/${"folder/".repeat(40)}${"이름".repeat(30)} `;
    const writing = (async () => {
      await tar.add({ kind: "folder", path: "deep", mode: 0o750 });
      await tar.add(
        { kind: "file", path: long, mode: 0o640, sizeBytes: 5 },
        Readable.from([Buffer.from("hel"), Buffer.from("lo and more")]),
      );
      await tar.add({ kind: "file", path: "shrank", mode: 0o600, sizeBytes: 700 }, Readable.from([Buffer.from("ab")]));
      await tar.add({ kind: "link", path: "link", target: `/somewhere/${"x".repeat(150)}` });
      await tar.addText("last", "");
      await tar.end();
    })();
    const seen: [string, string][] = [];
    for await (const { entry, content } of readTar(out)) {
      const bytes = Buffer.concat(await Array.fromAsync(content));
      seen.push([entry.kind === "link" ? `${entry.path} -> ${entry.target}` : entry.path, bytes.toString("latin1")]);
      if (entry.path === long) expect(entry).toMatchObject({ mode: 0o640, sizeBytes: 5 });
    }
    await writing;
    expect(seen).toEqual([
      ["deep", ""],
      [long, "hello"],
      ["shrank", `ab${"\0".repeat(698)}`],
      [`link -> /somewhere/${"x".repeat(150)}`, ""],
      ["last", ""],
    ]);
  });

  test.each(["/etc/passwd", "../up", "a/../../b"])("with an entry %s is refused", async (path) => {
    const out = new PassThrough();
    const tar = new TarWriter(out);
    const writing = tar.addText(path, "x").then(() => tar.end());
    await expect(Array.fromAsync(readTar(out))).rejects.toMatchObject({ code: "backup-damaged" });
    await writing;
  });
});

test("a file that could not be written whole has neither its name nor its temporary one", async () => {
  const key = await ensureBackupKey(home);
  const path = join(home, "backups", "one.backup");
  async function* failing() {
    yield randomBytes(chunk);
    throw new Error("the database went away");
  }
  const signal = new AbortController().signal;
  await expect(writeSealed(Readable.from(failing()), { path, key, header, signal })).rejects.toThrow("the database went away");
  expect(await readdir(join(home, "backups"))).toEqual([]);
});
