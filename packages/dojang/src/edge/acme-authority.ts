import { randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { Agent, request as secureRequest } from "node:https";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { Problem } from "@dojang/model";
import * as acme from "acme-client";
import type { CertificateText } from "../capture/certificate-text.ts";
import { certificateFolder } from "./certificates.ts";
import { type EdgeSite, shortKey } from "./edge-site.ts";
import { challengeFolder } from "./nginx-configuration.ts";
import { makeClosedFolder, makeOpenFolder, writeWhole } from "./open-folder.ts";

/**
 * Asks an authority for a certificate, as RFC 8555 says, and proves each name over HTTP: the authority asks nginx for a file that we
 * put there. Before the authority is bothered we ask nginx ourselves, because authorities count failures.
 *
 * acme-client has one HTTP client for the whole process, so only one certificate is asked for at a time: the caller's affair.
 */
export async function orderCertificate(options: {
  readonly home: string;
  readonly site: EdgeSite;
  readonly signal: AbortSignal;
}): Promise<CertificateText> {
  const { home, site, signal } = options;
  const { tls, hosts } = site.definition;
  if (tls.kind !== "acme") throw new Error(`site ${site.id} asks no authority`);
  await requireChallengesServed(home, site, signal);
  const accountKey = await openAccount(home, tls.directory);
  const ca = [...rootCertificates, ...(tls.trustFile === undefined ? [] : [await readTrusted(tls.trustFile)])];
  await requireAuthority(tls.directory, ca, signal);
  const release = prepareRequests(ca, signal);
  try {
    const client = new acme.Client({ directoryUrl: tls.directory, accountKey, backoffAttempts: 30, backoffMin: 500, backoffMax: 5_000 });
    const [key, csr] = await acme.crypto.createCsr({ altNames: [...hosts] }, await acme.crypto.createPrivateEcdsaKey());
    const chain = await client.auto({
      csr,
      email: tls.email,
      termsOfServiceAgreed: true,
      // Ours is above: theirs would ask the name as this machine resolves it, which may be another address than the world's.
      skipChallengeVerification: true,
      challengePriority: ["http-01"],
      challengeCreateFn: async (_, challenge, answer) => await writeWhole(challengeFile(home, challenge.token), answer),
      challengeRemoveFn: async (_, challenge) => await rm(challengeFile(home, challenge.token), { force: true }),
    });
    return { chain, key: key.toString() };
  } finally {
    release();
  }
}

function challengeFile(home: string, token: string): string {
  if (!/^[A-Za-z0-9_-]{1,200}$/.test(token)) throw new Error("the authority sent a token that is no file's name");
  return join(challengeFolder(home), token);
}

/** One account for each authority; its key is for this user alone. */
async function openAccount(home: string, directory: string): Promise<string> {
  const folder = join(certificateFolder(home), "accounts");
  const path = join(folder, `${shortKey(directory)}.pem`);
  const known = await readFile(path, "utf8").catch(() => undefined);
  if (known !== undefined) return known;
  const made = (await acme.crypto.createPrivateEcdsaKey()).toString();
  await makeClosedFolder(folder);
  await writeWhole(path, made, 0o600);
  return made;
}

/** Requests end with the signal, and trust the certificate of one's own authority where one is named. */
function prepareRequests(ca: readonly string[], signal: AbortSignal): () => void {
  const httpsAgent = new Agent({ ca: [...ca] });
  // Trying again is the affair of `renewCertificates`, with a backoff that outlives this process: here, the last attempt is made at once.
  const added = { httpsAgent, signal, timeout: 30_000, retryAttempt: Number.MAX_SAFE_INTEGER - 1 };
  const interceptor = acme.axios.interceptors.request.use((config) => Object.assign(config, added));
  return () => {
    acme.axios.interceptors.request.eject(interceptor);
    httpsAgent.destroy();
  };
}

/** acme-client hides why an authority cannot be reached: for it, a missing answer is a TypeError. */
function requireAuthority(directory: string, ca: readonly string[], signal: AbortSignal): Promise<void> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(30_000)]);
  return new Promise((resolve, reject) => {
    const unreachable = (reason: string) => {
      const fix = "see whether `site.tls.acme.directory` is right, and whether this machine may reach it";
      reject(
        new Problem({
          code: "acme-unreachable",
          message: `the authority at ${directory} does not answer: ${reason}`,
          fix,
          exit: "infrastructure",
        }),
      );
    };
    const sent = secureRequest(directory, { ca: [...ca], agent: false, signal: limited });
    sent.on("error", (error) => unreachable("code" in error && error.message === "" ? String(error.code) : error.message));
    sent.on("response", (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else unreachable(`status ${response.statusCode}`);
    });
    sent.end();
  });
}

async function readTrusted(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new Problem({
      code: "acme-trust-file-unreadable",
      message: `\`site.tls.acme.trust-file\`, ${path}, cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      fix: "name a file that the user of Dojang may read",
      exit: "configuration",
      cause: error,
    });
  }
}

/** A file of a random name, asked of nginx as the authority will. */
async function requireChallengesServed(home: string, site: EdgeSite, signal: AbortSignal): Promise<void> {
  const token = `dojang-${randomBytes(12).toString("hex")}`;
  const path = challengeFile(home, token);
  await makeOpenFolder(challengeFolder(home));
  await writeWhole(path, token);
  try {
    for (const host of site.definition.hosts) {
      const answer = await askNginx(site, host, `/.well-known/acme-challenge/${token}`, signal);
      if (answer !== token) throw notServed(site, host, answer);
    }
  } finally {
    await rm(path, { force: true });
  }
}

function askNginx(site: EdgeSite, host: string, path: string, signal: AbortSignal): Promise<string> {
  const { listen } = site.definition;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(10_000)]);
  return new Promise((resolve) => {
    const address = listen.address === "*" ? "127.0.0.1" : listen.address;
    const sent = request({ host: address, port: listen.http, path, headers: { host }, agent: false, signal: limited });
    sent.on("error", (error) => resolve(error.message));
    sent.on("response", (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body = (body + chunk).slice(0, 1000);
      });
      response.on("error", (error) => resolve(error.message));
      response.on("end", () => resolve(response.statusCode === 200 ? body : `status ${response.statusCode}`));
    });
    sent.end();
  });
}

function notServed(site: EdgeSite, host: string, answer: string): Problem {
  return new Problem({
    code: "acme-challenge-not-served",
    message: `nginx does not serve the authority's questions for ${host} on port ${site.definition.listen.http}: ${answer}`,
    fix: "start nginx with this site before a certificate is asked for",
    exit: "infrastructure",
  });
}
