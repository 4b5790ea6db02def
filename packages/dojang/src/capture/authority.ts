import { rootCertificates } from "node:tls";

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

const dayMs = 86_400_000;
const maxLeaves = 1000;

export async function createAuthority(options: { readonly environment: string; readonly validMs?: number }): Promise<Authority> {
  // Large, with all of ASN.1: for those who record, or play an outside system.
  const { makeSigningAuthority, publicKeyPin, signLeaf } = await import("./sign-certificate.ts");
  const validMs = options.validMs ?? 30 * dayMs;
  const authority = await makeSigningAuthority({
    name: `CN=Dojang ${options.environment}, O=Dojang`,
    now: Date.now(),
    validMs,
    extractable: false,
  });
  const makeLeaf = async (names: readonly string[], leafValidMs: number): Promise<Leaf> => {
    const { chain, key } = await signLeaf(authority, { names, now: Date.now(), validMs: leafValidMs });
    return { chainPem: chain, keyPem: key };
  };
  const leaves = new Map<string, Promise<Leaf>>();
  return {
    certificatePem: authority.pem,
    spkiPin: await publicKeyPin(authority),
    leaf(name) {
      const known = leaves.get(name);
      if (known) return known;
      const oldest = leaves.size >= maxLeaves ? leaves.keys().next().value : undefined;
      if (oldest !== undefined) leaves.delete(oldest);
      const made = makeLeaf([name], 7 * dayMs);
      leaves.set(name, made);
      made.catch(() => leaves.delete(name));
      return made;
    },
    certificate: (names) => makeLeaf(names, validMs),
  };
}

/** For programs whose setting replaces the system's roots (curl, requests): those roots and the environment's. */
export function authorityBundle(certificatePem: string): string {
  return [...rootCertificates, certificatePem].map((pem) => (pem.endsWith("\n") ? pem : `${pem}\n`)).join("");
}
