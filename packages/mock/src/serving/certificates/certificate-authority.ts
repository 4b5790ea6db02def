import { certificateAuthority, certificateFor, type IssuedCertificate } from "./issue-certificate.ts";

/** Signs a certificate for every host a browser asks for, and remembers it. Made anew with every server unless one is given. */
export class CertificateAuthority {
  readonly #issuer: IssuedCertificate;
  readonly #issued = new Map<string, IssuedCertificate>();

  constructor(given: IssuedCertificate | undefined) {
    this.#issuer = given ?? certificateAuthority("Dojang mock: local proxy");
  }

  /** PEM, for clients that shall trust it. */
  get certificate(): string {
    return this.#issuer.certificate;
  }

  issueFor(host: string): IssuedCertificate {
    const known = this.#issued.get(host);
    if (known !== undefined) return known;
    const issued = certificateFor(host, this.#issuer);
    // Hosts are the client's choice, so there may be any number.
    if (this.#issued.size >= maxIssued) this.#issued.clear();
    this.#issued.set(host, issued);
    return issued;
  }
}

const maxIssued = 1_000;
