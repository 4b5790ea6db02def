import { createHash, randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Problem } from "@dojang/model";

/**
 * The key of all backups of a state folder: `<home>/keys/backup.key`, 0600. Whoever loses it loses every backup: so it is to be kept
 * elsewhere too (`exportBackupKey`). Keys of former installations lie beside it by their fingerprint, and are only read with.
 */
export interface BackupKey {
  readonly bytes: Buffer;
  /** 16 hexadecimal digits that tell keys apart and reveal nothing. */
  readonly fingerprint: string;
}

const prefix = "dojang-backup-key-1:";

/** The key new backups are written with; made when there is none. Of several processes that make it at once, one wins. */
export async function ensureBackupKey(home: string): Promise<BackupKey & { readonly isNew: boolean }> {
  const path = join(home, "keys", "backup.key");
  const found = await readKeyFile(path);
  if (found !== undefined) return { ...found, isNew: false };
  const isNew = await writeOnce(path, textOf(randomBytes(32)));
  const key = await readKeyFile(path);
  if (key === undefined) throw new Error(`${path} vanished while it was made`);
  return { ...key, isNew };
}

/** The key with that fingerprint. Problem `backup-key-missing` when this state folder has it not. */
export async function findBackupKey(home: string, fingerprint: string): Promise<BackupKey> {
  const current = await readKeyFile(join(home, "keys", "backup.key"));
  if (current?.fingerprint === fingerprint) return current;
  const former = /^[0-9a-f]{16}$/.test(fingerprint) ? await readKeyFile(join(home, "keys", `backup-${fingerprint}.key`)) : undefined;
  if (former?.fingerprint === fingerprint) return former;
  throw new Problem({
    code: "backup-key-missing",
    exit: "infrastructure",
    message: `the backup is encrypted with key ${fingerprint}, this state folder has ${current === undefined ? "none" : current.fingerprint}`,
    fix: "import the key that was exported where the backup was made; without it the backup cannot be read by anybody",
  });
}

/** One line to keep in a safe place. */
export async function exportBackupKey(home: string): Promise<string> {
  return textOf((await ensureBackupKey(home)).bytes);
}

/** Takes a line of `exportBackupKey`. A state folder without a key writes with it from now on; one that has another only reads with it. */
export async function importBackupKey(home: string, text: string): Promise<BackupKey> {
  const key = parse(text);
  if (key === undefined) {
    throw new Problem({
      code: "backup-key-malformed",
      exit: "configuration",
      message: `this is no key of backups: a line that begins with ${prefix} and has 43 characters after it is`,
      fix: "give the whole line as it was exported",
    });
  }
  const isFirst = await writeOnce(join(home, "keys", "backup.key"), textOf(key.bytes));
  if (!isFirst) await writeOnce(join(home, "keys", `backup-${key.fingerprint}.key`), textOf(key.bytes));
  return key;
}

function textOf(bytes: Buffer): string {
  return `${prefix}${bytes.toString("base64url")}`;
}

function parse(text: string): BackupKey | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith(prefix)) return undefined;
  const bytes = Buffer.from(trimmed.slice(prefix.length), "base64url");
  if (bytes.length !== 32) return undefined;
  return { bytes, fingerprint: createHash("sha256").update("dojang backup key").update(bytes).digest("hex").slice(0, 16) };
}

async function readKeyFile(path: string): Promise<BackupKey | undefined> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const key = parse(text);
  if (key !== undefined) return key;
  throw new Problem({
    code: "backup-key-malformed",
    exit: "infrastructure",
    message: `${path} holds no key of backups`,
    fix: "put back the key that was exported; do not delete the file, for then new backups get another key",
  });
}

/** False when it is there already. Written whole or not at all, and on disk before anything is encrypted with it. */
async function writeOnce(path: string, text: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
    await file.close();
    await link(draft, path);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** What was renamed or linked into a folder outlasts a power cut only after this. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
