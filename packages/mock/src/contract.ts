import type { AdminResponse } from "./admin/admin-response.ts";
import type { MockFiles } from "./files/mock-files.ts";
import type { Journal, ServeEvent } from "./journal/serve-event.ts";
import type { DelayDistribution, Json, JsonObject, StubMapping } from "./mapping/stub-mapping.ts";
import type { Contract } from "./openapi/contract.ts";
import type { MockRequest } from "./request/mock-request.ts";
import type { StubStore } from "./stubs/stub-store.ts";
import type { TemplateEngine } from "./templating/template-engine.ts";

/**
 * A mock server. `startMock` resolves when it listens; `close` ends listeners, connections, recordings and pending webhooks, and
 * is safe twice. Everything else is owned by `MockWorld`, which has no listener and can be driven without one.
 */
export interface MockOptions {
  /** 0 takes a free port; a path makes a unix socket; "none" leaves HTTPS alone. Default 8080 on every address. */
  readonly listen?: { readonly port: number; readonly address?: string } | { readonly socketPath: string } | "none";
  /** HTTPS beside HTTP: 0 takes a free port. */
  readonly https?: HttpsOptions;
  /** HTTP/2: by prior knowledge on the plain port, by ALPN on the HTTPS port. Both on by default. */
  readonly http2?: { readonly plain?: boolean; readonly tls?: boolean };
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
  readonly templates?: {
    readonly permittedSystemKeys?: readonly string[];
    readonly maxCacheEntries?: number;
    /** Of all templates of one response together. Default 5 s. */
    readonly maxRenderMs?: number;
    /** Of one rendered text, in characters. Default 8 Mi. */
    readonly maxOutputBytes?: number;
    /** Nodes evaluated and items visited for one response. Default 5 million. */
    readonly maxSteps?: number;
  };
  readonly journal?: {
    readonly enabled?: boolean;
    readonly maxBytes?: number;
    readonly maxEntries?: number;
    /** Of a response's body as the journal keeps it. */
    readonly maxBodyBytes?: number;
  };
  /** Answers whatever nothing else answers. */
  readonly proxyAll?: string;
  /** Writes a stub of every proxied answer to `directory` at once, unless the journal holds a request like it (WireMock's --record-mappings). */
  readonly recordMappings?: {
    /** Request headers that the stubs ask for. */
    readonly matchHeaders?: readonly string[];
  };
  readonly proxy?: ProxyOptions;
  readonly webhooks?: { readonly maxInFlight?: number; readonly timeoutMs?: number };
  /** Whether `/__admin` answers. Default true. */
  readonly admin?: boolean;
  readonly adminBasicAuth?: { readonly username: string; readonly password: string };
  readonly adminRequireHttps?: boolean;
  /** Adds CORS headers to the answers of stubs and answers preflight requests. Default false. */
  readonly stubCors?: boolean;
  /** When an answer goes out with `Transfer-Encoding: chunked` instead of `Content-Length`. Default always. */
  readonly chunkedEncoding?: "always" | "never" | "body_file";
  /** Compresses answers for clients that accept gzip. Compressed requests are always decoded. Default true. */
  readonly gzip?: boolean;
  /** Closes every connection after one answer. Default false. */
  readonly connectionReuse?: boolean;
  /** Of a request's line and headers together; above it 431. Default 64 KiB. */
  readonly maxHeaderBytes?: number;
  /** A connection without traffic for so long is closed. Default 30 s. */
  readonly idleTimeoutMs?: number;
  /** Handlebars template of the names of written mapping files (WireMock's --filename-template). */
  readonly filenameTemplate?: string;
  /** Of a request's body; above it 413. Default 32 MiB. */
  readonly maxBodyBytes?: number;
  readonly onServed?: (event: ServeEvent) => void;
}

export interface HttpsOptions {
  readonly port: number;
  readonly address?: string;
  readonly certificate?: CertificateSource;
  /** PEM of the authorities whose client certificates are accepted. */
  readonly clientAuthorities?: string;
  /** Ends handshakes without an accepted client certificate. Default false. */
  readonly requireClientCertificate?: boolean;
}

/** How proxied stubs, recording and webhooks reach other systems. */
export interface ProxyOptions {
  /** Sends the client's `Host` on instead of the target's. Default false. */
  readonly preserveHostHeader?: boolean;
  /** Sends the client's `User-Agent` on. Default false. */
  readonly preserveUserAgent?: boolean;
  /** Default 5 min. */
  readonly timeoutMs?: number;
  /** An HTTP proxy that requests to targets go through: `http://user:password@host:port`. */
  readonly via?: string;
  /** `Accept-Encoding` values passed on; all when absent. */
  readonly supportedEncodings?: readonly string[];
  /** Addresses, ranges `10.0.0.1-10.0.0.9` and names with `*` that may be reached; all when empty. Asked before `denyTargets`. */
  readonly allowTargets?: readonly string[];
  readonly denyTargets?: readonly string[];
  /** Answers requests for other hosts (absolute URLs and CONNECT) by fetching them when no stub matches. Default false. */
  readonly browser?: boolean;
  /** Of targets of browser proxying; targets of stubs are always trusted, as WireMock does. Default false. */
  readonly trustAllTargets?: boolean;
  readonly trustedTargets?: readonly string[];
  /** PEM of the authority that signs certificates for CONNECT; one is made when absent. */
  readonly certificateAuthority?: { readonly key: string; readonly certificate: string };
  /** The initial value of the setting of that name. Default true. */
  readonly passThrough?: boolean;
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

/**
 * State of one mock server: the admin API is a view of it. Operations that touch files are asynchronous and run one after
 * another in the order of their calls; requests are matched against the state in between. Errors are Problems.
 */
export interface MockWorld {
  readonly options: MockOptions;
  readonly stubs: StubStore;
  readonly journal: Journal;
  readonly files: MockFiles;
  readonly contract: Contract | undefined;
  /** Loads nothing until its first template; `render`, being synchronous, only works after that. */
  readonly templates: TemplateEngine;
  readonly recorder: Recorder;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly settings: GlobalSettings;
  /** Replaces all settings. */
  setSettings(settings: GlobalSettings): void;
  /** PEM of the authority that signs certificates of browser proxying; undefined when that is off. */
  certificateAuthority(): Promise<string | undefined>;

  /** Adds (or replaces the stub with this id); writes it when persistent. Problem `stub-breaks-contract` (exit refused) with a finding per violation. */
  addStub(stub: StubMapping): Promise<void>;
  /** False when there is none with that id. Refuses like `addStub`. */
  editStub(stub: StubMapping): Promise<boolean>;
  /** Also from its file when persistent. False when there is none with that id. */
  removeStub(id: string): Promise<boolean>;
  /** All or nothing where the contract refuses one. Stubs keep the order of the list. */
  importStubs(stubs: readonly StubMapping[], options?: ImportOptions): Promise<void>;
  /** Makes all stubs persistent and writes them. */
  saveMappings(): Promise<void>;
  /** Removes all stubs, and the files of persistent ones (DELETE /mappings). */
  removeMappings(): Promise<void>;
  /** Back to the stubs of the files; journal, scenarios, sequences and contract state are forgotten (POST /reset and /mappings/reset). */
  reset(): Promise<void>;
  /**
   * Reads the files again after they have changed: their stubs are added, replaced and removed; stubs that are in no file, journal
   * and scenarios stay. False when nothing had changed. Rejects without any change when the files are wrong.
   */
  reloadMappings(): Promise<boolean>;
  /**
   * Reads the OpenAPI documents again; what was created through them is forgotten. Rejects without any change when they are wrong, or
   * a stub breaks them.
   */
  reloadContract(): Promise<void>;
  /** Resolves `MockServer.closed` after the listeners have ended; answers in flight are sent first. */
  shutdown(): void;
}

export interface ImportOptions {
  /** Default OVERWRITE. */
  readonly duplicatePolicy?: "OVERWRITE" | "IGNORE";
  readonly deleteAllNotInImport?: boolean;
}

/** `/__admin/settings`. */
export interface GlobalSettings {
  readonly fixedDelay?: number;
  readonly delayDistribution?: DelayDistribution;
  readonly extended?: JsonObject;
  readonly proxyPassThrough?: boolean;
}

/** `/__admin/recordings`. A spec is the request's JSON as received: it is parsed here, and refused with a Problem `recording-spec`. */
export interface Recorder {
  readonly status: "NeverStarted" | "Recording" | "Stopped";
  start(spec: Json): Promise<void>;
  /** Problem `not-recording` when it is not recording. */
  stop(): Promise<RecordingResult>;
  /** Stubs from what the journal holds now. `spec` undefined is all defaults. */
  snapshot(spec: Json | undefined): Promise<RecordingResult>;
}

export interface RecordingResult {
  readonly outputFormat: "full" | "ids";
  readonly stubs: readonly StubMapping[];
  /** Recorded requests that the journal dropped before the recording ended, to stay within its bounds; absent when none were. */
  readonly lost?: number;
}

/**
 * The answer to a request that nothing answers: exported as `renderNotMatched` by `admin/not-matched-page.ts`, loaded with the first
 * such request. Its body is also the `report` of the journal's sub event REQUEST_NOT_MATCHED.
 */
export type RenderNotMatched = (world: MockWorld, request: MockRequest) => AdminResponse;
