import "reflect-metadata";
import { createPrivateKey, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import { backdatedMs, type CertificateText } from "./certificate-text.ts";

/**
 * Makes certificates as RFC 5280 has them, with keys of P-256: an authority's, and what it signs. Where they are kept, and who
 * trusts them, is the affair of whoever asks: the recorder of an environment, and the sites of a machine without a public authority.
 */
export interface SigningAuthority {
  readonly certificate: x509.X509Certificate;
  /** Ends with a line end, as every PEM text here does. */
  readonly pem: string;
  readonly key: webcrypto.CryptoKey;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export interface AuthorityRequest {
  /** `CN=Dojang, O=Dojang` */
  readonly name: string;
  readonly now: number;
  readonly validMs: number;
  /** Whether the key may ever leave this process. */
  readonly extractable: boolean;
}

/** An authority that signs servers' certificates, and no other authority's. */
export async function makeSigningAuthority({ name, now, validMs, extractable }: AuthorityRequest): Promise<SigningAuthority> {
  x509.cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(algorithm, extractable, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name,
    ...validity(now, validMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, pem: ended(certificate.toString("pem")), key: keys.privateKey };
}

/** One that was kept: its certificate and its key, both PEM. */
export async function readSigningAuthority({ pem, keyPem }: { readonly pem: string; readonly keyPem: string }): Promise<SigningAuthority> {
  const der = createPrivateKey(keyPem).export({ format: "der", type: "pkcs8" });
  const key = await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
  return { certificate: new x509.X509Certificate(pem), pem, key };
}

export interface LeafRequest {
  /** DNS names and IP addresses. */
  readonly names: readonly string[];
  readonly now: number;
  readonly validMs: number;
}

/** A server's certificate with a key of its own. */
export async function signLeaf(by: SigningAuthority, { names, now, validMs }: LeafRequest): Promise<CertificateText> {
  x509.cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    // A common name holds 64 characters at most; clients read the alternative names.
    subject: [{ CN: [(names[0] ?? "").slice(0, 64)] }],
    issuer: by.certificate.subject,
    ...validity(now, validMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: by.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((name) => ({ type: isIP(name) ? "ip" : "dns", value: name }))),
      await x509.AuthorityKeyIdentifierExtension.create(by.certificate),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { chain: ended(leaf.toString("pem")) + by.pem, key: await privateKeyPem(keys.privateKey) };
}

/** base64 SHA-256 of the public key (RFC 7469). */
export async function publicKeyPin({ certificate }: SigningAuthority): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest("SHA-256", certificate.publicKey.rawData)).toString("base64");
}

export async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
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
