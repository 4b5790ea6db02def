import { type Command, InvalidArgumentError, Option } from "commander";

/** What was said on the command line: nothing is filled in here, so that defaults live in one place. */
export interface ServeFlags {
  readonly port?: number;
  readonly bindAddress?: string;
  readonly socket?: string;
  readonly disableHttp?: boolean;
  readonly httpsPort?: number;
  readonly httpsKey?: string;
  readonly httpsCert?: string;
  readonly httpsClientCa?: string;
  readonly httpsRequireClientCert?: boolean;
  readonly disableHttp2Plain?: boolean;
  readonly disableHttp2Tls?: boolean;
  readonly dir?: string;
  readonly rootDir?: string;
  readonly watch?: boolean;
  readonly filenameTemplate?: string;
  readonly openapi?: readonly string[];
  readonly strict?: boolean;
  readonly lenient?: boolean;
  readonly seed?: number;
  readonly globalResponseTemplating?: boolean;
  readonly localResponseTemplating?: boolean;
  readonly disableResponseTemplating?: boolean;
  readonly permittedSystemKeys?: readonly string[];
  readonly maxTemplateCacheEntries?: number;
  readonly requestJournal: boolean;
  readonly maxRequestJournalEntries?: number;
  readonly maxRequestJournalBytes?: number;
  readonly loggedResponseBodySizeLimit?: number;
  readonly proxyAll?: string;
  readonly recordMappings?: boolean;
  readonly matchHeaders?: readonly string[];
  readonly preserveHostHeader?: boolean;
  readonly preserveUserAgentProxyHeader?: boolean;
  readonly proxyTimeout?: number;
  readonly proxyVia?: string;
  readonly supportedProxyEncodings?: readonly string[];
  readonly allowProxyTargets?: readonly string[];
  readonly denyProxyTargets?: readonly string[];
  readonly enableBrowserProxying?: boolean;
  readonly trustAllProxyTargets?: boolean;
  readonly trustProxyTarget?: readonly string[];
  readonly proxyPassThrough?: boolean;
  readonly caKey?: string;
  readonly caCert?: string;
  readonly webhookThreadpoolSize?: number;
  readonly admin: boolean;
  readonly adminApiBasicAuth?: string;
  readonly adminApiRequireHttps?: boolean;
  readonly enableStubCors?: boolean;
  readonly useChunkedEncoding?: "always" | "never" | "body_file";
  readonly disableGzip?: boolean;
  readonly disableConnectionReuse?: boolean;
  readonly jettyHeaderRequestSize?: number;
  readonly jettyHeaderBufferSize?: number;
  readonly jettyIdleTimeout?: number;
  readonly maxBodyBytes?: number;
  readonly verbose?: boolean;
  readonly printAllNetworkTraffic?: boolean;
  readonly disableRequestLogging?: boolean;
  readonly json?: boolean;
}

/** Every flag that does something, WireMock's under its own name. */
export function addServeFlags(command: Command): Command {
  return command
    .optionsGroup("Where it listens:")
    .option("--port <number>", "0 takes a free one (default 8080)", port)
    .option("--bind-address <address>", "listens on this address only (default: all)")
    .option("--socket <path>", "listens on a unix socket instead of a port")
    .option("--disable-http", "HTTPS only")
    .option("--https-port <number>", "HTTPS as well, with a certificate made for the occasion unless one is given", port)
    .option("--https-key <file>", "PEM of the certificate's key")
    .option("--https-cert <file>", "PEM of the certificate, and of those between it and its authority")
    .option("--https-client-ca <file>", "PEM of the authorities whose client certificates are accepted")
    .option("--https-require-client-cert", "ends connections without an accepted client certificate")
    .option("--disable-http2-plain", "no HTTP/2 without TLS")
    .option("--disable-http2-tls", "no HTTP/2 over TLS")
    .optionsGroup("What it plays:")
    .option("--dir <folder>", "folder with mappings/ and __files/ (default: here, when there is one of them)")
    .option("--root-dir <folder>", "the same, by WireMock's name")
    .option("--watch", "reads the stubs and the OpenAPI documents again when one of their files changes")
    .option("--filename-template <template>", "names of mapping files that are written, such as {{{method}}}-{{{url}}}.json")
    .option("--openapi <file>", "OpenAPI document; again for more", collect)
    .option("--strict", "requests and answers that break the OpenAPI document become errors")
    .option("--lenient", "they are only noted in the journal (default)")
    .option("--seed <number>", "of what is made up where the OpenAPI document has no example (default 1)", whole(0))
    .option("--local-response-templating", "templates in stubs that ask for it (default)")
    .option("--global-response-templating", "templates in all stubs")
    .option("--disable-response-templating", "templates in none")
    .option("--permitted-system-keys <regexes>", "environment variables that templates may read", list)
    .option("--max-template-cache-entries <number>", "compiled templates that are kept", whole(0))
    .option("--enable-stub-cors", "answers of stubs allow pages of any origin")
    .optionsGroup("What it remembers:")
    .option("--no-request-journal", "keeps no requests")
    .option("--max-request-journal-entries <number>", "keeps the newest so many requests (default: 64 MiB of them)", whole(0))
    .option("--max-request-journal-bytes <number>", "keeps the newest so many bytes of requests (default 67108864)", whole(0))
    .option("--logged-response-body-size-limit <bytes>", "of each answer's body, as the journal keeps it", whole(0))
    .optionsGroup("Other systems:")
    .option("--proxy-all <url>", "fetches there what no stub answers")
    .option("--record-mappings", "writes a stub of each answer of another system to mappings/ and __files/, at once")
    .option("--match-headers <names>", "with --record-mappings: request headers that recorded stubs ask for", list)
    .option("--preserve-host-header", "sends the client's Host on")
    .option("--preserve-user-agent-proxy-header", "sends the client's User-Agent on")
    .option("--proxy-timeout <ms>", "waits so long for another system (default 300000)", whole(1))
    .option("--proxy-via <url>", "goes through this HTTP proxy")
    .option("--supported-proxy-encodings <names>", "Accept-Encoding values that are sent on", list)
    .option("--allow-proxy-targets <hosts>", "addresses, ranges and names that may be reached", list)
    .option("--deny-proxy-targets <hosts>", "those that may not", list)
    .option("--enable-browser-proxying", "may be set as the proxy of a browser")
    .option("--trust-all-proxy-targets", "with browser proxying: takes any certificate")
    .option("--trust-proxy-target <host>", "with browser proxying: takes any certificate of this host; again for more", collect)
    .option("--proxy-pass-through <true|false>", "with browser proxying: fetches what no stub answers (default true)", truth)
    .option("--ca-key <file>", "with browser proxying: PEM of the key of the authority that signs certificates")
    .option("--ca-cert <file>", "with browser proxying: PEM of that authority")
    .option("--webhook-threadpool-size <number>", "webhooks that are under way at once", whole(1))
    .optionsGroup("Its admin API:")
    .option("--no-admin", "answers no /__admin")
    .option("--admin-api-basic-auth <user:password>", "asks for this password")
    .option("--admin-api-require-https", "answers over HTTPS only")
    .optionsGroup("How it speaks:")
    .addOption(
      new Option("--use-chunked-encoding <when>", "Transfer-Encoding: chunked in answers (default always)").choices([
        "always",
        "never",
        "body_file",
      ]),
    )
    .option("--disable-gzip", "neither compresses answers nor decodes compressed requests")
    .option("--disable-connection-reuse <true|false>", "closes every connection after one answer", truth)
    .option("--jetty-header-request-size <bytes>", "most bytes of a request's headers (default 65536)", whole(1))
    .option("--jetty-header-buffer-size <bytes>", "the same, by its old name", whole(1))
    .option("--jetty-idle-timeout <ms>", "closes connections without traffic after so long (default 30000)", whole(1))
    .option("--max-body-bytes <bytes>", "most bytes of a request's body (default 33554432)", whole(0))
    .optionsGroup("What it says:")
    .option("--verbose", "a line for each request (default: for those that nothing answers)")
    .option("--print-all-network-traffic", "requests and answers in full")
    .option("--disable-request-logging", "no line for any request")
    .option("--json", "prints one line of JSON on standard output when it listens");
}

function whole(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(
      max < Number.MAX_SAFE_INTEGER ? `It must be from ${min} to ${max}.` : `It must be a whole number from ${min}.`,
    );
  };
}

const port = whole(0, 65_535);

function truth(text: string): boolean {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  throw new InvalidArgumentError("It must be true or false.");
}

function list(text: string): readonly string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
