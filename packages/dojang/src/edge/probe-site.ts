import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { checkServerIdentity, type PeerCertificate, type TLSSocket } from "node:tls";
import { readCertificate } from "./certificates.ts";
import type { EdgeSite } from "./edge-site.ts";

/** An answer, or why there was none; never an exception, because that a site does not answer is what a probe is to find out. */
export interface ProbeAnswer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Its first 64 KiB. */
  readonly body: string;
  readonly durationMs: number;
  readonly error: string | undefined;
  /** Of the certificate that was shown. */
  readonly certificateEnds: number | undefined;
}

const longestBody = 64 * 1024;

/**
 * Asks as a visitor would: through nginx's own listener, by the site's first name. The certificate has to be for that name and in
 * its time, and to be signed by somebody everybody trusts or to be the very one that the site is to show.
 */
export async function probeSite(options: {
  readonly home: string;
  readonly site: EdgeSite;
  readonly request: { readonly method: string; readonly path: string };
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}): Promise<ProbeAnswer> {
  const { home, site } = options;
  const { hosts, listen, tls } = site.definition;
  const host = hosts[0] ?? "localhost";
  const isTls = tls.kind !== "none";
  const port = isTls ? listen.https : listen.http;
  const common: RequestOptions = {
    host: listen.address === "*" ? "127.0.0.1" : listen.address,
    port,
    method: options.request.method,
    path: options.request.path,
    headers: { host: port === (isTls ? 443 : 80) ? host : `${host}:${port}`, "user-agent": "Dojang-Probe", accept: "*/*" },
    agent: false,
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]),
  };
  const expected = isTls ? await expectedFingerprint(home, site.id) : undefined;
  const startedAt = performance.now();
  const since = () => performance.now() - startedAt;
  const sent = isTls ? httpsRequest({ ...common, servername: host, rejectUnauthorized: false }) : httpRequest(common);
  const answer = await readAnswer(sent, (socket) => (isTls ? judgeCertificate(socket, host, expected) : {}));
  options.signal.throwIfAborted();
  const timedOut = answer.error !== undefined && since() >= options.timeoutMs;
  return { ...answer, durationMs: since(), error: timedOut ? `no answer within ${options.timeoutMs} ms` : answer.error };
}

type Answer = Omit<ProbeAnswer, "durationMs">;
type Judgement = { readonly error?: string; readonly certificateEnds?: number };

function readAnswer(sent: ClientRequest, judge: (socket: TLSSocket) => Judgement): Promise<Answer> {
  return new Promise((resolve) => {
    let seen: Partial<Answer> = {};
    const end = (part: Partial<Answer>) => {
      const whole = { status: undefined, headers: {}, body: "", error: undefined, certificateEnds: undefined };
      resolve({ ...whole, ...seen, ...part });
    };
    sent.on("error", (error) => end({ error: describe(error) }));
    sent.on("response", (response) => {
      // `judge` looks into the socket only where the request was made with TLS.
      seen = { status: response.statusCode, headers: response.headers, ...judge(response.socket as TLSSocket) };
      const chunks: Buffer[] = [];
      let length = 0;
      response.on("data", (chunk: Buffer) => {
        if (length < longestBody) chunks.push(chunk.subarray(0, longestBody - length));
        length += chunk.length;
      });
      response.on("error", (error) => end({ error: describe(error) }));
      response.on("end", () => end({ body: Buffer.concat(chunks).toString() }));
      response.on("aborted", () => end({ error: "the answer broke off" }));
    });
    sent.end();
  });
}

function judgeCertificate(socket: TLSSocket, host: string, expected: string | undefined): Judgement {
  const shown: PeerCertificate = socket.getPeerCertificate();
  const certificateEnds = Date.parse(shown.valid_to);
  const wrongName = checkServerIdentity(host, shown);
  if (wrongName !== undefined) return { certificateEnds, error: wrongName.message };
  if (certificateEnds <= Date.now()) return { certificateEnds, error: `the certificate ended ${new Date(certificateEnds).toISOString()}` };
  const isOwn = expected !== undefined && shown.fingerprint256 === expected;
  if (socket.authorized || isOwn) return { certificateEnds };
  return { certificateEnds, error: `the certificate is not the site's own and not trusted: ${String(socket.authorizationError)}` };
}

async function expectedFingerprint(home: string, siteId: string): Promise<string | undefined> {
  const certificate = await readCertificate(home, siteId);
  return certificate && new X509Certificate(await readFile(certificate.chain, "utf8")).fingerprint256;
}

function describe(error: Error): string {
  return "code" in error && typeof error.code === "string" ? `${error.message} (${error.code})` : error.message;
}
