import type { MockFiles } from "./files/mock-files.ts";
import type { Journal, ServeEvent } from "./journal/serve-event.ts";
import type { Contract } from "./openapi/contract.ts";
import type { StubStore } from "./stubs/stub-store.ts";

/**
 * A mock server. `startMock` resolves when it listens; `close` ends listeners, connections, recordings and pending webhooks, and
 * is safe twice. Everything else is owned by `MockWorld`, which has no listener and can be driven without one.
 */
export interface MockOptions {
  /** 0 takes a free port; a path makes a unix socket. Default 8080. */
  readonly listen?: { readonly port: number; readonly address?: string } | { readonly socketPath: string };
  /** HTTPS beside HTTP: 0 takes a free port. */
  readonly https?: { readonly port: number; readonly address?: string; readonly certificate?: CertificateSource };
  /** Folder with `mappings/` and `__files/`. Nothing is written outside it, and nothing at all without it. */
  readonly directory?: string;
  /** OpenAPI documents: file paths. */
  readonly openapi?: readonly string[];
  /** What a request or answer that breaks the contract means: an error answer, or a note in the journal. Default lenient. */
  readonly mode?: "strict" | "lenient";
  /** Of the contract's samples. Default 1. */
  readonly seed?: number;
  /** Templates: of stubs that name the transformer (default), of all, of none. */
  readonly templating?: "local" | "global" | "off";
  readonly journal?: { readonly enabled?: boolean; readonly maxBytes?: number; readonly maxEntries?: number };
  /** Answers whatever nothing else answers. */
  readonly proxyAll?: string;
  readonly admin?: boolean;
  /** Of a request's body; above it 413. Default 32 MiB. */
  readonly maxBodyBytes?: number;
  readonly onServed?: (event: ServeEvent) => void;
}

/** PEM, or asked for by server name (SNI). Without one a self-signed certificate is made. */
export type CertificateSource =
  | { readonly key: string; readonly certificate: string }
  | ((serverName: string) => Promise<{ readonly key: string; readonly certificate: string }>);

export interface MockServer extends AsyncDisposable {
  readonly port: number | undefined;
  readonly httpsPort: number | undefined;
  readonly world: MockWorld;
  /** Resolves when it was shut down through the admin API or `close`. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** State of one mock server: the admin API is a view of it. */
export interface MockWorld {
  readonly stubs: StubStore;
  readonly journal: Journal;
  readonly files: MockFiles;
  readonly contract: Contract | undefined;
}
