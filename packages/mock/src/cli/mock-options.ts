import { existsSync } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import type { CertificateSource, HttpsOptions, MockOptions, ProxyOptions } from "../contract.ts";
import type { ServeFlags } from "./serve-flags.ts";

/** What the flags ask for. Reads certificates and looks whether folders are there; what does not go together is a Problem. */
export async function toMockOptions(flags: ServeFlags): Promise<MockOptions> {
  refuseContradictions(flags);
  if (flags.dir === undefined && flags.rootDir !== undefined) await makeFolders(flags.rootDir);
  return definedOnly({
    listen: listenOption(flags),
    https: await httpsOption(flags),
    http2: definedOnly({ plain: flags.disableHttp2Plain ? false : undefined, tls: flags.disableHttp2Tls ? false : undefined }),
    directory: await directoryOption(flags),
    filenameTemplate: flags.filenameTemplate,
    openapi: flags.openapi,
    mode: flags.strict ? "strict" : undefined,
    seed: flags.seed,
    templating: templatingOption(flags),
    templates: definedOnly({ permittedSystemKeys: flags.permittedSystemKeys, maxCacheEntries: flags.maxTemplateCacheEntries }),
    journal: definedOnly({
      enabled: flags.requestJournal ? undefined : false,
      maxEntries: flags.maxRequestJournalEntries,
      maxBytes: flags.maxRequestJournalBytes,
      maxBodyBytes: flags.loggedResponseBodySizeLimit,
    }),
    proxyAll: flags.proxyAll,
    proxy: await proxyOption(flags),
    webhooks: definedOnly({ maxInFlight: flags.webhookThreadpoolSize }),
    admin: flags.admin ? undefined : false,
    adminBasicAuth: basicAuthOption(flags),
    adminRequireHttps: flags.adminApiRequireHttps,
    stubCors: flags.enableStubCors,
    chunkedEncoding: flags.useChunkedEncoding,
    gzip: flags.disableGzip ? false : undefined,
    connectionReuse: flags.disableConnectionReuse === undefined ? undefined : !flags.disableConnectionReuse,
    maxHeaderBytes: flags.jettyHeaderRequestSize ?? flags.jettyHeaderBufferSize,
    idleTimeoutMs: flags.jettyIdleTimeout,
    maxBodyBytes: flags.maxBodyBytes,
  });
}

/** The folder of the stubs: the one that was named, else the current one when it looks like one. */
export async function directoryOption(flags: Pick<ServeFlags, "dir" | "rootDir">): Promise<string | undefined> {
  const named = flags.dir ?? flags.rootDir;
  if (named === undefined) return existsSync("mappings") || existsSync("__files") ? "." : undefined;
  const found = await stat(named).catch(() => undefined);
  if (found?.isDirectory()) return named;
  throw usage({
    code: "folder-not-found",
    message: `--dir ${named}: ${found === undefined ? "there is no such folder" : "it is a file"}`,
    fix: "name a folder that holds mappings/ and __files/; it may be empty",
  });
}

/** A mock that serves makes the folder that WireMock's flag names, as WireMock does. */
async function makeFolders(root: string): Promise<void> {
  for (const name of ["mappings", "__files"]) {
    await mkdir(join(root, name), { recursive: true }).catch((cause: Error) => {
      throw usage({
        code: "folder-not-made",
        message: `--root-dir ${root}: ${cause.message}`,
        fix: "name a folder that may be written to",
      });
    });
  }
}

const contradictions: readonly {
  readonly holds: (flags: ServeFlags) => unknown;
  readonly message: string;
  readonly fix: string;
}[] = [
  {
    holds: ({ port, disableHttp }) => port !== undefined && disableHttp,
    message: "--port gives HTTP a port and --disable-http takes HTTP away",
    fix: "leave one of them out",
  },
  {
    holds: ({ httpsPort, disableHttp }) => disableHttp && httpsPort === undefined,
    message: "--disable-http without --https-port leaves nothing to listen",
    fix: "add --https-port",
  },
  {
    holds: ({ socket, port, disableHttp, bindAddress }) =>
      socket !== undefined && (port !== undefined || disableHttp || bindAddress !== undefined),
    message: "--socket listens on a unix socket: there is no port, no address and nothing to disable",
    fix: "leave out --port, --bind-address and --disable-http",
  },
  {
    holds: ({ httpsKey, httpsCert }) => (httpsKey === undefined) !== (httpsCert === undefined),
    message: "--https-key and --https-cert belong together",
    fix: "give both, or neither for a certificate made for the occasion",
  },
  {
    holds: ({ httpsPort, httpsKey, httpsClientCa, httpsRequireClientCert }) =>
      httpsPort === undefined && (httpsKey ?? httpsClientCa ?? httpsRequireClientCert) !== undefined,
    message: "certificates are for HTTPS, and there is no --https-port",
    fix: "add --https-port",
  },
  {
    holds: ({ httpsRequireClientCert, httpsClientCa }) => httpsRequireClientCert && httpsClientCa === undefined,
    message: "--https-require-client-cert without --https-client-ca accepts nobody",
    fix: "add --https-client-ca with the authorities whose certificates are accepted",
  },
  {
    holds: ({ dir, rootDir }) => dir !== undefined && rootDir !== undefined && dir !== rootDir,
    message: "--dir and --root-dir name two folders",
    fix: "leave one of them out",
  },
  { holds: ({ strict, lenient }) => strict && lenient, message: "--strict and --lenient exclude each other", fix: "leave one of them out" },
  {
    holds: ({ strict, openapi }) => strict && openapi === undefined,
    message: "--strict is about an OpenAPI document, and there is none",
    fix: "add --openapi",
  },
  {
    holds: ({ globalResponseTemplating, disableResponseTemplating }) => globalResponseTemplating && disableResponseTemplating,
    message: "--global-response-templating and --disable-response-templating exclude each other",
    fix: "leave one of them out",
  },
  {
    holds: ({ recordMappings, proxyAll }) => recordMappings && proxyAll === undefined,
    message: "--record-mappings without --proxy-all has nothing to record",
    fix: "add --proxy-all with the address of the system to record, or start recording through /__admin/recordings/start",
  },
  {
    holds: ({ recordMappings, requestJournal }) => recordMappings && !requestJournal,
    message: "recordings are made from the journal, and --no-request-journal takes it away",
    fix: "leave out --no-request-journal",
  },
  {
    holds: ({ matchHeaders, recordMappings }) => matchHeaders !== undefined && !recordMappings,
    message: "--match-headers is about --record-mappings",
    fix: "add --record-mappings",
  },
  {
    holds: ({ caKey, caCert }) => (caKey === undefined) !== (caCert === undefined),
    message: "--ca-key and --ca-cert belong together",
    fix: "give both, or neither for an authority made for the occasion",
  },
  {
    holds: ({ enableBrowserProxying, trustAllProxyTargets, trustProxyTarget, caKey }) =>
      !enableBrowserProxying && (trustAllProxyTargets ?? trustProxyTarget ?? caKey) !== undefined,
    message: "--trust-all-proxy-targets, --trust-proxy-target and --ca-key are about browser proxying",
    fix: "add --enable-browser-proxying",
  },
  {
    holds: ({ watch, dir, rootDir }) => watch && (dir ?? rootDir) === undefined && !existsSync("mappings"),
    message: "--watch has no folder to look at",
    fix: "add --dir",
  },
  {
    holds: ({ filenameTemplate }) => filenameTemplate?.split("-").some((part) => !part.includes("{{{") || !part.includes("}}}")) ?? false,
    message: "--filename-template must have a {{{value}}} in each part between hyphens",
    fix: "write for example --filename-template '{{{method}}}-{{{url}}}-{{{id}}}.json'",
  },
];

function refuseContradictions(flags: ServeFlags): void {
  const found = contradictions.filter(({ holds }) => holds(flags));
  const [first] = found;
  if (first === undefined) return;
  throw usage({
    code: "flags-contradict",
    message: found.map(({ message }) => message).join("; "),
    fix: found.map(({ fix }) => fix).join("; "),
  });
}

function listenOption({ port, bindAddress, socket, disableHttp }: ServeFlags): MockOptions["listen"] {
  if (socket !== undefined) return { socketPath: socket };
  if (disableHttp) return "none";
  if (port === undefined && bindAddress === undefined) return undefined;
  return definedOnly({ port: port ?? defaultPort, address: bindAddress });
}

async function httpsOption(flags: ServeFlags): Promise<HttpsOptions | undefined> {
  const { httpsPort, bindAddress, httpsKey, httpsCert, httpsClientCa, httpsRequireClientCert } = flags;
  if (httpsPort === undefined) return undefined;
  return definedOnly({
    port: httpsPort,
    address: bindAddress,
    certificate: await keyPair({ key: httpsKey, certificate: httpsCert, flags: ["--https-key", "--https-cert"] }),
    clientAuthorities: await pem("--https-client-ca", httpsClientCa),
    requireClientCertificate: httpsRequireClientCert,
  });
}

async function proxyOption(flags: ServeFlags): Promise<ProxyOptions> {
  return definedOnly({
    preserveHostHeader: flags.preserveHostHeader,
    preserveUserAgent: flags.preserveUserAgentProxyHeader,
    timeoutMs: flags.proxyTimeout,
    via: flags.proxyVia === undefined || flags.proxyVia.includes("://") ? flags.proxyVia : `http://${flags.proxyVia}`,
    supportedEncodings: flags.supportedProxyEncodings,
    allowTargets: flags.allowProxyTargets,
    denyTargets: flags.denyProxyTargets,
    browser: flags.enableBrowserProxying,
    trustAllTargets: flags.trustAllProxyTargets,
    trustedTargets: flags.trustProxyTarget,
    certificateAuthority: await keyPair({ key: flags.caKey, certificate: flags.caCert, flags: ["--ca-key", "--ca-cert"] }),
    passThrough: flags.proxyPassThrough,
  });
}

function templatingOption(flags: ServeFlags): MockOptions["templating"] {
  if (flags.disableResponseTemplating) return "off";
  return flags.globalResponseTemplating ? "global" : undefined;
}

function basicAuthOption({ adminApiBasicAuth: given }: ServeFlags): MockOptions["adminBasicAuth"] {
  if (given === undefined) return undefined;
  const colon = given.indexOf(":");
  if (colon > 0) return { username: given.slice(0, colon), password: given.slice(colon + 1) };
  throw usage({
    code: "flag-invalid",
    message: "--admin-api-basic-auth has no user before a colon",
    fix: "write --admin-api-basic-auth user:password",
  });
}

interface KeyPairFlags {
  readonly key: string | undefined;
  readonly certificate: string | undefined;
  readonly flags: readonly [string, string];
}

async function keyPair({
  key,
  certificate,
  flags,
}: KeyPairFlags): Promise<Exclude<CertificateSource, (...given: never[]) => unknown> | undefined> {
  if (key === undefined || certificate === undefined) return undefined;
  return { key: (await pem(flags[0], key)) ?? "", certificate: (await pem(flags[1], certificate)) ?? "" };
}

async function pem(flag: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const text = await readFile(path, "latin1").catch((cause: unknown) => {
    throw usage({
      code: "file-not-read",
      message: `${flag} ${path} could not be read`,
      fix: "name a file that exists and may be read",
      cause,
    });
  });
  if (text.includes("-----BEGIN ")) return text;
  throw usage({
    code: "not-pem",
    message: `${flag} ${path} is not PEM`,
    fix: "convert it: openssl pkcs12 -in keystore.p12 -nodes -out both.pem (keytool -importkeystore makes a .p12 of a .jks)",
  });
}

function usage({ code, message, fix, cause }: { code: string; message: string; fix: string; cause?: unknown }): Problem {
  return new Problem({ code, message, fix, exit: "configuration", cause });
}

/** Leaves out what was not said, so that the defaults hold. */
function definedOnly<Fields extends object>(fields: Fields): Fields {
  // Safe: only undefined entries are left out, and every one of them is optional in what is made of it.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}

const defaultPort = 8080;
