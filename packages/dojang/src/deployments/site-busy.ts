import { Problem } from "@dojang/model";
import type { Deployment } from "../store/deployments.ts";

/** One deployment of a site is under way at a time, and nothing else changes the site meanwhile. */
export function siteBusy(active: Deployment): Problem {
  return new Problem({
    code: "site-busy",
    message: `${active.site} is being deployed to: ${active.kind} of ${active.release}, ${active.id}, at ${active.step ?? "its beginning"}`,
    fix: `wait for it, cancel it (\`dojang deployments cancel ${active.id}\`), or go on with it where its process was killed (\`dojang deploy --resume ${active.id}\`)`,
    exit: "refused",
  });
}
