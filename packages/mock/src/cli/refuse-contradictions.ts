import { existsSync } from "node:fs";
import type { ServeFlags } from "./serve-flags.ts";
import { usageProblem } from "./usage-problem.ts";

/** Throws one Problem for everything on a command line that does not go together. */
export function refuseContradictions(flags: ServeFlags): void {
  const found = contradictions.filter(({ holds }) => holds(flags));
  const [first] = found;
  if (first === undefined) return;
  throw usageProblem({
    code: "flags-contradict",
    message: found.map(({ message }) => message).join("; "),
    fix: found.map(({ fix }) => fix).join("; "),
  });
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
    holds: ({ recordMappings, requestJournal }) => recordMappings && !requestJournal,
    message: "--record-mappings writes no request twice and knows them by the journal, which --no-request-journal takes away",
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
    holds: ({ watch, dir, rootDir, openapi }) => watch && (dir ?? rootDir ?? openapi) === undefined && !existsSync("mappings"),
    message: "--watch has nothing to look at",
    fix: "add --dir or --openapi",
  },
  {
    holds: ({ filenameTemplate }) => filenameTemplate?.split("-").some((part) => !part.includes("{{{") || !part.includes("}}}")) ?? false,
    message: "--filename-template must have a {{{value}}} in each part between hyphens",
    fix: "write for example --filename-template '{{{method}}}-{{{url}}}-{{{id}}}.json'",
  },
];
