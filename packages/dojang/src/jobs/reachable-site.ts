import { readFile } from "node:fs/promises";
import type { SiteServer } from "@dojang/model";
import { ownAuthorityFile } from "../edge/certificates.ts";
import { siteAddress } from "../edge/edge-site.ts";
import type { ReachableSite } from "../environments/open-recording.ts";
import { dojangOn } from "../servers/server-dojang.ts";
import type { JobContext } from "./job.ts";

export interface SiteOfJob {
  readonly site: ReachableSite;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * The live site that the steps of a job ask: that of its deployment environment. What they ask is recorded and goes to where nginx
 * listens on the site's machine, whatever the world's name servers say. Changes that are not trusted reach none.
 */
export async function siteOfJob({
  job,
  project,
  home,
  trusted,
  deploying,
  remembered,
  signal,
}: JobContext): Promise<SiteOfJob | undefined> {
  const { environment } = job.planned;
  const definition = environment === undefined ? undefined : project.file.environments[environment]?.site;
  if (definition === undefined || !trusted || job.planned.definition.kind !== "steps") return undefined;
  const { hosts, listen, server } = definition;
  const authority =
    server === undefined
      ? await readFile(ownAuthorityFile(home), "utf8").catch(() => undefined)
      : await remembered(`authority of ${server.user}@${server.host}:${server.port}`, () =>
          authorityOf(server, deploying?.env ?? process.env, signal),
        );
  return {
    site: {
      hosts,
      ports: [listen.http, listen.https],
      address: server?.host ?? (listen.address === "*" ? "127.0.0.1" : listen.address),
      trust: authority === undefined ? [] : [authority],
    },
    variables: { DOJANG_URL: siteAddress({ id: "", definition, statusPage: false }) },
  };
}

/** What vouches for self-signed sites of another machine; undefined where it has no authority of its own. */
async function authorityOf(
  server: SiteServer,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { exitCode, lines } = await dojangOn(server, env).run(["sites", "authority"], { signal });
  return exitCode === 0 ? `${lines.join("\n")}\n` : undefined;
}
