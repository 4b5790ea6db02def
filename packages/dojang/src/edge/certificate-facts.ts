import { createPrivateKey, X509Certificate } from "node:crypto";
import type { CertificateText } from "../capture/certificate-text.ts";

export interface CertificateFacts {
  readonly notBefore: number;
  readonly notAfter: number;
  /** Of the leaf, SHA-256, 64 hex digits. */
  readonly fingerprint: string;
  readonly issuer: string;
}

const longestChain = 10;
/** Of this machine's clock against an authority's, and of the time it takes to ask one. */
const clockToleranceMs = 10 * 60_000;

export function certificateFacts(chain: string): CertificateFacts {
  const leaf = certificatesOf(chain)[0];
  if (leaf === undefined) throw new Error("no certificate in the file");
  return {
    notBefore: Date.parse(leaf.validFrom),
    notAfter: Date.parse(leaf.validTo),
    fingerprint: leaf.fingerprint256.replaceAll(":", "").toLowerCase(),
    issuer: leaf.issuer,
  };
}

/** Host names that the certificate is not for. */
export function uncoveredHosts(chain: string, hosts: readonly string[]): readonly string[] {
  const leaf = certificatesOf(chain)[0];
  return leaf === undefined ? hosts : hosts.filter((host) => leaf.checkHost(host, { subject: "never" }) === undefined);
}

/** Everything that would keep visitors from accepting a certificate: in plain words, empty when it is good. */
export function certificateFaults(
  text: CertificateText,
  options: { readonly hosts: readonly string[]; readonly now: number },
): readonly string[] {
  const { hosts, now } = options;
  const chain = attempt(() => certificatesOf(text.chain));
  if (chain instanceof Error) return [`the certificate cannot be read: ${chain.message}`];
  const [leaf, ...above] = chain;
  if (leaf === undefined) return ["the certificate's file has no certificate"];
  const key = attempt(() => createPrivateKey(text.key));
  if (key instanceof Error) return [`the key cannot be read: ${key.message}`];
  const uncovered = uncoveredHosts(text.chain, hosts);
  return [
    ...(leaf.checkPrivateKey(key)
      ? []
      : ["the key is not that of the certificate; the certificate has to come first in its file, before those that signed it"]),
    ...(uncovered.length === 0
      ? []
      : [`the certificate is not for ${uncovered.join(", ")} (it is for ${leaf.subjectAltName ?? "no host name"})`]),
    ...(Date.parse(leaf.validTo) > now ? [] : [`the certificate ended ${new Date(leaf.validTo).toISOString()}`]),
    ...(Date.parse(leaf.validFrom) <= now + clockToleranceMs
      ? []
      : [`the certificate begins only ${new Date(leaf.validFrom).toISOString()}`]),
    ...chainFaults([leaf, ...above]),
  ];
}

function chainFaults(chain: readonly X509Certificate[]): readonly string[] {
  return chain.slice(1).flatMap((issuer, index) => {
    const signed = chain[index];
    if (signed?.checkIssued(issuer) && signed.verify(issuer.publicKey)) return [];
    return [`certificate ${index + 2} of the file did not sign the one before it`];
  });
}

function certificatesOf(text: string): readonly X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.slice(0, longestChain).map((pem) => new X509Certificate(pem));
}

function attempt<T>(read: () => T): T | Error {
  try {
    return read();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
