import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { chmod, link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { retryWhenLost } from "../store/lost-connection.ts";
import type { Store } from "../store/store.ts";

/**
 * Secrets of sites, encrypted with AES-256-GCM under the key of the state folder, `<home>/keys/secrets.key`. Site and name are
 * authenticated with each: a value that was copied to another row of the table cannot be read there. Without the key file they are lost,
 * and a copy of the database alone tells nothing.
 */
export interface SecretEntry {
  readonly name: string;
  readonly updatedAt: number;
}

const largestValueBytes = 64 * 1024;

export async function setSecret(
  store: Store,
  secret: { readonly site: string; readonly name: string; readonly value: string },
): Promise<void> {
  const { site, name, value } = secret;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw wrong(`"${name}" cannot be a variable's name`, "use letters, digits and '_', not beginning with a digit");
  }
  if (value === "") throw wrong(`${name} is given no value`, "give it on standard input");
  if (Buffer.byteLength(value) > largestValueBytes) throw wrong(`${name} is larger than 64 KiB`, "keep large files in a volume");
  if (value.includes("\0")) throw wrong(`${name} has a zero byte, which no variable can hold`, "encode it, as with base64");
  const sealed = seal(value, { key: await secretsKey(store.home), site, name });
  await retryWhenLost(() =>
    store.db
      .insertInto("secret")
      .values({ site, name, sealed, updated_at: Date.now() })
      .onConflict((conflict) => conflict.columns(["site", "name"]).doUpdateSet({ sealed, updated_at: Date.now() }))
      .execute(),
  );
}

/** Never their values. */
export async function listSecrets(store: Store, site: string): Promise<readonly SecretEntry[]> {
  const rows = await store.db.selectFrom("secret").select(["name", "updated_at"]).where("site", "=", site).orderBy("name").execute();
  return rows.map((row) => ({ name: row.name, updatedAt: row.updated_at }));
}

/** Whether there was one. */
export async function removeSecret(store: Store, secret: { readonly site: string; readonly name: string }): Promise<boolean> {
  const { numDeletedRows } = await store.db
    .deleteFrom("secret")
    .where("site", "=", secret.site)
    .where("name", "=", secret.name)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Values of those that are set. Throws Problem `secret-unreadable` when one was sealed under another key, or for another place. */
export async function readSecrets(store: Store, site: string, names?: readonly string[]): Promise<Readonly<Record<string, string>>> {
  if (names?.length === 0) return {};
  let query = store.db.selectFrom("secret").select(["name", "sealed"]).where("site", "=", site);
  if (names !== undefined) query = query.where("name", "in", names);
  const rows = await query.execute();
  if (rows.length === 0) return {};
  const key = await secretsKey(store.home);
  return Object.fromEntries(rows.map(({ name, sealed }) => [name, unseal(sealed, { key, site, name })]));
}

interface Sealing {
  readonly key: Buffer;
  readonly site: string;
  readonly name: string;
}

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

function seal(value: string, { key, site, name }: Sealing): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(boundTo(site, name));
  const text = Buffer.concat([cipher.update(value, "utf8"), cipher.final()]);
  return `1.${Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64")}`;
}

function unseal(sealed: string, { key, site, name }: Sealing): string {
  try {
    const [version, text = ""] = sealed.split(".");
    if (version !== "1") throw new Error(`sealed in format ${version}`);
    const bytes = Buffer.from(text, "base64");
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
      .setAAD(boundTo(site, name))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new Problem({
      code: "secret-unreadable",
      message: `the secret ${name} of ${site} cannot be read: it was not sealed under this state folder's key, or not for this place`,
      fix: `bring back keys/secrets.key of the state folder, or set ${name} again with \`dojang secrets set\``,
      exit: "infrastructure",
      cause,
    });
  }
}

function boundTo(site: string, name: string): Buffer {
  return Buffer.from(`dojang secret\0${site}\0${name}`);
}

const keyBytes = 32;

/** Made once, whole or not at all: of two processes that make it at once, both get the same. */
async function secretsKey(home: string): Promise<Buffer> {
  const folder = join(home, "keys");
  const path = join(folder, "secrets.key");
  const known = await readFile(path, "utf8").catch(() => undefined);
  if (known !== undefined) return parseKey(known, path);
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  await writeFile(draft, `${randomBytes(keyBytes).toString("base64")}\n`, { mode: 0o600, flush: true });
  try {
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  return parseKey(await readFile(path, "utf8"), path);
}

function parseKey(text: string, path: string): Buffer {
  const key = Buffer.from(text.trim(), "base64");
  if (key.length === keyBytes) return key;
  throw new Problem({
    code: "secrets-key-damaged",
    message: `${path} does not hold a key of ${keyBytes} bytes`,
    fix: "bring it back from a copy; without it the secrets have to be set again",
    exit: "infrastructure",
  });
}

function wrong(message: string, fix: string): Problem {
  return new Problem({ code: "secret-invalid", message, fix, exit: "configuration" });
}
