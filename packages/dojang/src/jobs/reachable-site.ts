import { readFile } from "node:fs/promises";
import { ownAuthorityFile } from "../edge/certificates.ts";
import { siteAddress } from "../edge/edge-site.ts";
import type { ReachableSite } from "../environments/open-recording.ts";
import type { JobContext } from "./job.ts";

export interface SiteOfJob {
  readonly site: ReachableSite;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * The live site that the steps of a job ask: that of its deployment environment. What they ask is recorded and goes to where nginx
 * listens on this machine, whatever the world's name servers say. Changes that are not trusted reach none.
 */
export async function siteOfJob({ job, project, home, trusted }: JobContext): Promise<SiteOfJob | undefined> {
  const { environment } = job.planned;
  const definition = environment === undefined ? undefined : project.file.environments[environment]?.site;
  if (definition === undefined || !trusted || job.planned.definition.kind !== "steps") return undefined;
  const { hosts, listen } = definition;
  const authority = await readFile(ownAuthorityFile(home), "utf8").catch(() => undefined);
  return {
    site: {
      hosts,
      ports: [listen.http, listen.https],
      address: listen.address === "*" ? "127.0.0.1" : listen.address,
      trust: authority === undefined ? [] : [authority],
    },
    variables: { DOJANG_URL: siteAddress({ id: "", definition, statusPage: false }) },
  };
}
