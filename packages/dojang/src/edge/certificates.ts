import { readdir, readFile, readlink, rm } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { Problem } from "@dojang/model";
import type { CertificateText } from "../capture/certificate-text.ts";
import { type CertificateFacts, certificateFacts, certificateFaults, uncoveredHosts } from "./certificate-facts.ts";
import type { EdgeSite } from "./edge-site.ts";
import { makeClosedFolder, writeWhole } from "./open-folder.ts";
import { authorityFile, signByOwnAuthority } from "./own-authority.ts";
import type { CertificateFiles } from "./site-servers.ts";
import { replaceLink } from "./site-slots.ts";

/**
 * The certificates of a home's sites. Each is kept in a folder named after its fingerprint, so that a configuration of nginx says
 * which it means, and going back to a former configuration goes back to its certificate; `current` leads to the newest.
 *
 *   certificates/authority/             signs for sites without a public certificate
 *   certificates/sites/<site>/<print>/  chain.pem, key.pem, source
 */
export interface SiteCertificate extends CertificateFiles, CertificateFacts {
  /** `own` also while an authority has not yet given its first. */
  readonly source: CertificateSource;
}

type CertificateSource = "own" | "acme" | "files";

const renewOwnBeforeMs = 30 * 86_400_000;
const keptCertificates = 3;

export function certificateFolder(home: string): string {
  return join(home, "edge", "certificates");
}

/** Certificate of the authority that signs for sites without a public one; it exists once the first was signed. */
export function ownAuthorityFile(home: string): string {
  return authorityFile(join(certificateFolder(home), "authority"));
}

/**
 * The certificate that a site is to show now; undefined when it has none. Makes what this machine can make, and takes over files
 * of the server that changed. What is left to do with an authority is the affair of `acme.ts`.
 */
export async function provideCertificate(home: string, site: EdgeSite, now: number): Promise<SiteCertificate | undefined> {
  const { tls, hosts } = site.definition;
  if (tls.kind === "none") return undefined;
  if (tls.kind === "files") return await takeOver(home, site, now);
  const current = await readCertificate(home, site.id);
  const text = current && { chain: await readFile(current.chain, "utf8"), key: await readFile(current.key, "utf8") };
  const isGood = text !== undefined && certificateFaults(text, { hosts, now }).length === 0;
  if (isGood && current !== undefined && isWanted(current, tls.kind) && current.notAfter > renewalTime(current, now)) return current;
  // An authority's certificate is never thrown away for one of our own while it is good for anything.
  if (isGood && current?.source === "acme" && tls.kind === "acme") return current;
  const made = await signByOwnAuthority({ folder: join(certificateFolder(home), "authority"), names: hosts, now });
  return await keepCertificate(home, site.id, made, "own");
}

function isWanted(current: SiteCertificate, kind: "acme" | "self-signed"): boolean {
  return current.source === "own" || (kind === "acme" && current.source === "acme");
}

function renewalTime(current: SiteCertificate, now: number): number {
  return current.source === "own" ? now + renewOwnBeforeMs : now;
}

/** The newest that was kept for a site. */
export async function readCertificate(home: string, siteId: string): Promise<SiteCertificate | undefined> {
  const folder = siteFolder(home, siteId);
  const print = await readlink(join(folder, "current")).catch(() => undefined);
  if (print === undefined) return undefined;
  const files = filesIn(join(folder, print));
  try {
    const source = (await readFile(join(folder, print, "source"), "utf8")).trim();
    return { ...files, ...certificateFacts(await readFile(files.chain, "utf8")), source: asSource(source) };
  } catch (error) {
    // A folder that was cut short by a crash, or emptied by hand: made anew.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

export async function keepCertificate(
  home: string,
  siteId: string,
  text: CertificateText,
  source: CertificateSource,
): Promise<SiteCertificate> {
  const facts = certificateFacts(text.chain);
  const print = facts.fingerprint.slice(0, 16);
  const folder = join(siteFolder(home, siteId), print);
  await makeClosedFolder(folder);
  await writeWhole(join(folder, "key.pem"), text.key, 0o600);
  await writeWhole(join(folder, "chain.pem"), text.chain);
  await writeWhole(join(folder, "source"), source);
  await replaceLink(join(siteFolder(home, siteId), "current"), print);
  await removeFormer(home, siteId);
  return { ...filesIn(folder), ...facts, source };
}

export async function forgetCertificates(home: string, siteId: string): Promise<void> {
  await rm(siteFolder(home, siteId), { recursive: true, force: true });
}

/** Former ones stay for a while: nginx may still be told to go back to them. */
async function removeFormer(home: string, siteId: string): Promise<void> {
  const folder = siteFolder(home, siteId);
  const current = await readlink(join(folder, "current"));
  const entries = await readdir(folder, { withFileTypes: true });
  const former: { name: string; notAfter: number }[] = [];
  for (const entry of entries.filter((one) => one.isDirectory() && one.name !== current)) {
    const chain = await readFile(join(folder, entry.name, "chain.pem"), "utf8").catch(() => undefined);
    former.push({ name: entry.name, notAfter: chain === undefined ? 0 : certificateFacts(chain).notAfter });
  }
  former.sort((a, b) => b.notAfter - a.notAfter);
  for (const { name } of former.slice(keptCertificates)) await rm(join(folder, name), { recursive: true, force: true });
}

/** What is wrong with the files that a site names; undefined when they are good. */
export async function siteFaults(site: EdgeSite, now: number): Promise<Problem | undefined> {
  try {
    await readGoodFiles(site, now);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** What was good goes on: one bad file must not keep every other site from being changed. `renewCertificates` reports it. */
async function takeOver(home: string, site: EdgeSite, now: number): Promise<SiteCertificate> {
  const current = await readCertificate(home, site.id);
  try {
    const text = await readGoodFiles(site, now);
    if (current?.source === "files" && current.fingerprint === certificateFacts(text.chain).fingerprint) return current;
    return await keepCertificate(home, site.id, text, "files");
  } catch (error) {
    const goesOn = current?.source === "files" && uncoveredHosts(await readFile(current.chain, "utf8"), site.definition.hosts).length === 0;
    if (goesOn && error instanceof Problem) return current;
    throw error;
  }
}

async function readGoodFiles(site: EdgeSite, now: number): Promise<CertificateText> {
  const { tls, hosts } = site.definition;
  if (tls.kind !== "files") throw new Error(`site ${site.id} has no files of a certificate`);
  const text = { chain: await readGiven(site, "certificate", tls.certificate), key: await readGiven(site, "key", tls.key) };
  const faults = certificateFaults(text, { hosts, now });
  if (faults.length > 0) throw faulty(site, tls.certificate, faults);
  return text;
}

async function readGiven(site: EdgeSite, key: "certificate" | "key", path: string): Promise<string> {
  if (!isAbsolute(path)) throw unreadable(site, key, path, "it must be an absolute path of this server");
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw unreadable(site, key, path, error instanceof Error ? error.message : String(error));
  }
}

function siteFolder(home: string, siteId: string): string {
  return join(certificateFolder(home), "sites", siteId);
}

function filesIn(folder: string): CertificateFiles {
  return { chain: join(folder, "chain.pem"), key: join(folder, "key.pem") };
}

function asSource(text: string): CertificateSource {
  return text === "acme" || text === "files" ? text : "own";
}

function faulty(site: EdgeSite, path: string, faults: readonly string[]): Problem {
  return new Problem({
    code: "certificate-faulty",
    message: `the certificate of site ${site.id}, ${path}, cannot be used: ${faults.join("; ")}`,
    fix: "put a certificate with its chain and its key where `site.tls` says, for every name of `site.hosts`",
    exit: "configuration",
  });
}

function unreadable(site: EdgeSite, key: string, path: string, reason: string): Problem {
  return new Problem({
    code: "certificate-unreadable",
    message: `\`site.tls.${key}\` of site ${site.id}, ${path}, cannot be read: ${reason}`,
    fix: "name a file that the user of Dojang may read",
    exit: "configuration",
  });
}
