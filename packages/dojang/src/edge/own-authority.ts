import "reflect-metadata";
import { createPrivateKey, webcrypto } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { makeClosedFolder, writeWhole } from "./open-folder.ts";

/** A certificate with what it was signed by behind it, and its key; both PEM. */
export interface CertificateText {
  readonly chain: string;
  readonly key: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 86_400_000;
const authorityValidMs = 3650 * dayMs;
/** Certificates begin this long before they are made: clocks of clients are wrong. */
export const backdatedMs = 3_600_000;
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
  x509.cryptoProvider.set(webcrypto);
  const authority = await openAuthority(options.folder, options.now);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    // A common name holds 64 characters at most; clients read the alternative names.
    subject: [{ CN: [(options.names[0] ?? "").slice(0, 64)] }],
    issuer: authority.certificate.subject,
    ...validity(options.now, options.validMs ?? leafValidMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(options.names.map((value) => ({ type: "dns", value }))),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { chain: ended(leaf.toString("pem")) + authority.pem, key: await keyPem(keys.privateKey) };
}

export function authorityFile(folder: string): string {
  return join(folder, "certificate.pem");
}

interface OpenAuthority {
  readonly certificate: x509.X509Certificate;
  readonly key: webcrypto.CryptoKey;
  readonly pem: string;
}

/** Made when there is none, or when it would end before what it signs. */
async function openAuthority(folder: string, now: number): Promise<OpenAuthority> {
  const pem = await readFile(authorityFile(folder), "utf8").catch(() => undefined);
  const key = await readFile(join(folder, "key.pem"), "utf8").catch(() => undefined);
  if (pem === undefined || key === undefined) return makeAuthority(folder, now);
  const certificate = new x509.X509Certificate(pem);
  if (certificate.notAfter.getTime() < now + leafValidMs) return makeAuthority(folder, now);
  const der = createPrivateKey(key).export({ format: "der", type: "pkcs8" });
  return { certificate, pem, key: await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]) };
}

async function makeAuthority(folder: string, now: number): Promise<OpenAuthority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: "CN=Dojang sites of this machine, O=Dojang",
    ...validity(now, authorityValidMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pem = ended(certificate.toString("pem"));
  await makeClosedFolder(folder);
  await writeWhole(join(folder, "key.pem"), await keyPem(keys.privateKey), 0o600);
  await writeWhole(authorityFile(folder), pem);
  return { certificate, key: keys.privateKey, pem };
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const text = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${text.replace(/.{64}(?=.)/g, "$&\n")}\n-----END PRIVATE KEY-----\n`;
}

function validity(now: number, validMs: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now - backdatedMs), notAfter: new Date(now + validMs) };
}

/** Positive and never zero, as RFC 5280 asks. */
function serial(): string {
  return `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString("hex")}`;
}

function ended(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
