/** The certificate, that of its authority behind it, and its key; both PEM. */
export interface CertificateText {
  readonly chain: string;
  readonly key: string;
}

/** Ours begin this long before they are made: clocks of clients are wrong, and those of virtual machines drift. */
export const backdatedMs = 3_600_000;
