import "reflect-metadata";
import { createHash, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { rootCertificates } from "node:tls";
import * as x509 from "@peculiar/x509";

/**
 * The certificate authority of one environment. Its key lives in this process only and is never exported; leaves are
 * made on demand per name and cached. Whoever trusts `certificatePem` trusts the recorder for that environment and no
 * other, for as long as the process lives.
 */
export interface Authority {
  readonly certificatePem: string;
  /** base64 SHA-256 of the public key (RFC 7469 pin): Chromium's `--ignore-certificate-errors-spki-list` takes it. */
  readonly spkiPin: string;
  /** A certificate for a DNS name or an IP address, with the authority's behind it. */
  leaf(name: string): Promise<Leaf>;
  /** One for several names, as long as the authority itself is valid: a server's own, handed in when it starts. */
  certificate(names: readonly string[]): Promise<Leaf>;
}

export interface Leaf {
  /** PEM: leaf, then authority. The authority is sent along because Chromium matches the pin against the chain it is shown. */
  readonly chainPem: string;
  readonly keyPem: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 86_400_000;
const maxLeaves = 1000;

export async function createAuthority(options: { readonly environment: string; readonly validMs?: number }): Promise<Authority> {
  const validMs = options.validMs ?? 30 * dayMs;
  x509.cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(algorithm, false, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=Dojang ${options.environment}, O=Dojang`,
    ...validity(validMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const spki = Buffer.from(await webcrypto.subtle.exportKey("spki", keys.publicKey));
  const leaves = new Map<string, Promise<Leaf>>();
  const certificatePem = pem(certificate.toString("pem"));
  const by = { issuer: certificate, issuerKey: keys.privateKey, issuerPem: certificatePem };
  return {
    certificatePem,
    spkiPin: createHash("sha256").update(spki).digest("base64"),
    leaf(name) {
      const known = leaves.get(name);
      if (known) return known;
      const oldest = leaves.size >= maxLeaves ? leaves.keys().next().value : undefined;
      if (oldest !== undefined) leaves.delete(oldest);
      const made = makeLeaf({ names: [name], validMs: 7 * dayMs, ...by });
      leaves.set(name, made);
      made.catch(() => leaves.delete(name));
      return made;
    },
    certificate: (names) => makeLeaf({ names, validMs, ...by }),
  };
}

/** For programs whose setting replaces the system's roots (curl, requests): those roots and the environment's. */
export function authorityBundle(certificatePem: string): string {
  return [...rootCertificates, certificatePem].map(pem).join("");
}

interface LeafRequest {
  readonly names: readonly string[];
  readonly validMs: number;
  readonly issuer: x509.X509Certificate;
  readonly issuerKey: webcrypto.CryptoKey;
  readonly issuerPem: string;
}

async function makeLeaf({ names, validMs, issuer, issuerKey, issuerPem }: LeafRequest): Promise<Leaf> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    // A common name holds 64 characters at most; clients read the alternative name.
    subject: [{ CN: [(names[0] ?? "").slice(0, 64)] }],
    issuer: issuer.subject,
    ...validity(validMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: issuerKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((name) => ({ type: isIP(name) ? "ip" : "dns", value: name }))),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const keyPem = `-----BEGIN PRIVATE KEY-----\n${key.replace(/.{64}/g, "$&\n")}\n-----END PRIVATE KEY-----\n`;
  return { chainPem: pem(certificate.toString("pem")) + issuerPem, keyPem };
}

function validity(validMs: number): { notBefore: Date; notAfter: Date } {
  // An hour back: clocks inside virtual machines drift.
  return { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + validMs) };
}

/** Positive and never zero, as RFC 5280 asks. */
function serial(): string {
  return `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString("hex")}`;
}

function pem(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
