import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CertificateText } from "../capture/certificate-text.ts";
import type { SigningAuthority } from "../capture/sign-certificate.ts";
import { makeClosedFolder, writeWhole } from "./open-folder.ts";

const dayMs = 86_400_000;
const authorityValidMs = 3650 * dayMs;
/** Browsers refuse leaves that are valid for longer than 398 days. */
const leafValidMs = 397 * dayMs;

/**
 * The authority of one home that signs certificates of sites without a public one. Its key is kept for this user alone; whoever
 * wants no warning in a browser imports `<home>/edge/certificates/authority/certificate.pem`.
 */
export async function signByOwnAuthority(options: {
  readonly folder: string;
  readonly names: readonly string[];
  readonly now: number;
  readonly validMs?: number;
}): Promise<CertificateText> {
  const { folder, names, now, validMs = leafValidMs } = options;
  const { signLeaf } = await import("../capture/sign-certificate.ts");
  return await signLeaf(await openAuthority(folder, now), { names, now, validMs });
}

export function authorityFile(folder: string): string {
  return join(folder, "certificate.pem");
}

/** Made when there is none, or when it would end before what it signs. */
async function openAuthority(folder: string, now: number): Promise<SigningAuthority> {
  const { readSigningAuthority } = await import("../capture/sign-certificate.ts");
  const pem = await readFile(authorityFile(folder), "utf8").catch(() => undefined);
  const keyPem = await readFile(join(folder, "key.pem"), "utf8").catch(() => undefined);
  if (pem === undefined || keyPem === undefined) return makeAuthority(folder, now);
  const kept = await readSigningAuthority({ pem, keyPem });
  return kept.certificate.notAfter.getTime() < now + leafValidMs ? makeAuthority(folder, now) : kept;
}

async function makeAuthority(folder: string, now: number): Promise<SigningAuthority> {
  const { makeSigningAuthority, privateKeyPem } = await import("../capture/sign-certificate.ts");
  const name = "CN=Dojang sites of this machine, O=Dojang";
  const made = await makeSigningAuthority({ name, now, validMs: authorityValidMs, extractable: true });
  await makeClosedFolder(folder);
  await writeWhole(join(folder, "key.pem"), await privateKeyPem(made.key), 0o600);
  await writeWhole(authorityFile(folder), made.pem);
  return made;
}
