import { existsSync } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { CertificateSource, HttpsOptions, MockOptions, ProxyOptions } from "../contract.ts";
import { refuseContradictions } from "./refuse-contradictions.ts";
import type { ServeFlags } from "./serve-flags.ts";
import { usageProblem } from "./usage-problem.ts";

/** What the flags ask for. Reads certificates and looks whether folders are there; what does not go together is a Problem. */
export async function toMockOptions(flags: ServeFlags): Promise<MockOptions> {
  refuseContradictions(flags);
  if (flags.dir === undefined && flags.rootDir !== undefined) await makeFolders(flags.rootDir);
  return definedOnly({
    listen: listenOption(flags),
    https: await httpsOption(flags),
    http2: definedOnly({ plain: flags.disableHttp2Plain ? false : undefined, tls: flags.disableHttp2Tls ? false : undefined }),
    directory: (await directoryOption(flags)) ?? (flags.recordMappings ? "." : undefined),
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
    proxyAll: flags.proxyAll === undefined ? undefined : webAddress("--proxy-all", flags.proxyAll),
    recordMappings: flags.recordMappings ? definedOnly({ matchHeaders: flags.matchHeaders }) : undefined,
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
  throw usageProblem({
    code: "folder-not-found",
    message: `--dir ${named}: ${found === undefined ? "there is no such folder" : "it is a file"}`,
    fix: "name a folder that holds mappings/ and __files/; it may be empty",
  });
}

/** A mock that serves makes the folder that WireMock's flag names, as WireMock does. */
async function makeFolders(root: string): Promise<void> {
  for (const name of ["mappings", "__files"]) {
    await mkdir(join(root, name), { recursive: true }).catch((cause: Error) => {
      throw usageProblem({
        code: "folder-not-made",
        message: `--root-dir ${root}: ${cause.message}`,
        fix: "name a folder that may be written to",
      });
    });
  }
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

function withScheme(address: string): string {
  return address.includes("://") ? address : `http://${address}`;
}

/** An address that cannot be asked would only be told by the answer to the first request. */
function webAddress(flag: string, text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.hostname !== "") return text;
  throw usageProblem({
    code: "address-invalid",
    message: `${flag} takes an address of http or https, got "${text.slice(0, 200)}"`,
    fix: `write for example: ${flag} http://localhost:9000`,
  });
}

async function proxyOption(flags: ServeFlags): Promise<ProxyOptions> {
  return definedOnly({
    preserveHostHeader: flags.preserveHostHeader,
    preserveUserAgent: flags.preserveUserAgentProxyHeader,
    timeoutMs: flags.proxyTimeout,
    via: flags.proxyVia === undefined ? undefined : webAddress("--proxy-via", withScheme(flags.proxyVia)),
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
  throw usageProblem({
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
    throw usageProblem({
      code: "file-not-read",
      message: `${flag} ${path} could not be read`,
      fix: "name a file that exists and may be read",
      cause,
    });
  });
  if (text.includes("-----BEGIN ")) return text;
  throw usageProblem({
    code: "not-pem",
    message: `${flag} ${path} is not PEM`,
    fix: "convert it: openssl pkcs12 -in keystore.p12 -nodes -out both.pem (keytool -importkeystore makes a .p12 of a .jks)",
  });
}

/** Leaves out what was not said, so that the defaults hold. */
function definedOnly<Fields extends object>(fields: Fields): Fields {
  // Safe: only undefined entries are left out, and every one of them is optional in what is made of it.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}

const defaultPort = 8080;
