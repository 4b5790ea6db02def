import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@dojang/model";
import { withLockFile } from "../store/lock-file.ts";
import { certificateFaults } from "./certificate-facts.ts";
import {
  certificateFolder,
  keepCertificate,
  provideCertificate,
  readCertificate,
  type SiteCertificate,
  siteFaults,
} from "./certificates.ts";
import type { EdgeSite } from "./edge-site.ts";
import { makeClosedFolder, writeWhole } from "./open-folder.ts";

/** What became of a site's certificate in one pass. */
export type Renewal =
  | { readonly siteId: string; readonly outcome: "kept" | "renewed"; readonly endsAt: number }
  /** Not now: the authority refused a while ago, and is not asked again before `nextAt`. */
  | { readonly siteId: string; readonly outcome: "waiting"; readonly reason: string; readonly nextAt: number }
  /** The former certificate goes on. */
  | { readonly siteId: string; readonly outcome: "failed"; readonly reason: string; readonly nextAt: number };

/** Kept between processes, so that none of them asks an authority more often than it likes. */
interface Attempts {
  /** A change of names or authority begins anew. */
  readonly subject: string;
  readonly failures: number;
  readonly nextAt: number;
  readonly reason: string;
}

const firstWaitMs = 15 * 60_000;
const longestWaitMs = 24 * 3_600_000;

/**
 * Renews what is due. The caller applies the sites again when something was renewed. Let's Encrypt allows five failed proofs per
 * name and hour: after a failure the next attempt waits 15 minutes, then twice as long each time, a day at most; `force` does not wait.
 */
export async function renewCertificates(options: {
  readonly home: string;
  readonly sites: readonly EdgeSite[];
  readonly now: number;
  readonly signal: AbortSignal;
  readonly force?: boolean;
}): Promise<readonly Renewal[]> {
  const folder = certificateFolder(options.home);
  await makeClosedFolder(folder);
  return await withLockFile(join(folder, "lock"), { signal: options.signal }, async () => {
    const renewals: Renewal[] = [];
    for (const site of options.sites.filter(({ definition }) => definition.tls.kind !== "none")) {
      options.signal.throwIfAborted();
      renewals.push(await renewOne({ ...options, site }));
    }
    return renewals;
  });
}

interface OneRenewal {
  readonly home: string;
  readonly site: EdgeSite;
  readonly now: number;
  readonly signal: AbortSignal;
  readonly force?: boolean;
}

async function renewOne(options: OneRenewal): Promise<Renewal> {
  const { home, site, now } = options;
  const siteId = site.id;
  const former = await readCertificate(home, siteId);
  if (site.definition.tls.kind === "files") {
    const faults = await siteFaults(site, now);
    if (faults !== undefined) return { siteId, outcome: "failed", reason: faults.message, nextAt: now };
  }
  const provided = await provideCertificate(home, site, now);
  if (site.definition.tls.kind !== "acme") {
    const outcome = provided?.fingerprint === former?.fingerprint ? "kept" : "renewed";
    return { siteId, outcome, endsAt: provided?.notAfter ?? now };
  }
  if (provided !== undefined && !isDue(provided, site, now)) return { siteId, outcome: "kept", endsAt: provided.notAfter };
  return await askAuthority(options);
}

/** Certificates that live for days only are renewed after two thirds of their life, whatever `renew-before` says. */
export function isDue(current: SiteCertificate, site: EdgeSite, now: number): boolean {
  const { tls } = site.definition;
  if (tls.kind !== "acme") return false;
  if (current.source !== "acme") return true;
  return current.notAfter - now <= Math.min(tls.renewBeforeMs, (current.notAfter - current.notBefore) / 3);
}

async function askAuthority({ home, site, now, signal, force }: OneRenewal): Promise<Renewal> {
  const { tls, hosts } = site.definition;
  if (tls.kind !== "acme") throw new Error(`site ${site.id} asks no authority`);
  const path = attemptsFile(home, site.id);
  const subject = [tls.directory, ...hosts].join(" ");
  const before = await readAttempts(path, subject);
  if (before !== undefined && before.nextAt > now && force !== true)
    return { siteId: site.id, outcome: "waiting", reason: before.reason, nextAt: before.nextAt };
  try {
    // The client is large, and few processes ever ask an authority.
    const { orderCertificate } = await import("./acme-authority.ts");
    const text = await orderCertificate({ home, site, signal });
    const faults = certificateFaults(text, { hosts, now });
    if (faults.length > 0) throw new Error(`the authority's certificate cannot be used: ${faults.join("; ")}`);
    const kept = await keepCertificate(home, site.id, text, "acme");
    await writeWhole(path, JSON.stringify({ subject, failures: 0, nextAt: 0, reason: "" } satisfies Attempts));
    return { siteId: site.id, outcome: "renewed", endsAt: kept.notAfter };
  } catch (error) {
    signal.throwIfAborted();
    const failures = (before?.failures ?? 0) + 1;
    const reason = describe(error);
    const nextAt = now + Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(20, failures - 1));
    await writeWhole(path, JSON.stringify({ subject, failures, nextAt, reason } satisfies Attempts));
    return { siteId: site.id, outcome: "failed", reason, nextAt };
  }
}

/** Why an authority last refused a site its certificate; undefined when it did not. */
export async function lastRefusal(home: string, site: string): Promise<string | undefined> {
  const text = await readFile(attemptsFile(home, site), "utf8").catch(() => undefined);
  const read = text === undefined ? undefined : (JSON.parse(text) as Attempts); // Written above alone.
  return read === undefined || read.failures === 0 ? undefined : read.reason;
}

function attemptsFile(home: string, site: string): string {
  return join(certificateFolder(home), "sites", site, "attempts.json");
}

async function readAttempts(path: string, subject: string): Promise<Attempts | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  const read = text === undefined ? undefined : (JSON.parse(text) as Attempts); // Written above alone.
  return read?.subject === subject ? read : undefined;
}

/** The authority's own words are in the message; an HTTP client's error has the address that did not answer. */
function describe(error: unknown): string {
  if (error instanceof Problem) return `${error.message}; ${error.fix}`;
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
  return `${error.message || "the authority did not answer"}${code}`;
}
