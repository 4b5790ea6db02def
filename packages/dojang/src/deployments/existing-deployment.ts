import { Problem } from "@dojang/model";
import { type Deployment, getDeployment } from "../store/deployments.ts";
import type { Store } from "../store/store.ts";

/** Throws Problem `deployment-unknown`. */
export async function existingDeployment(store: Store, id: string): Promise<Deployment> {
  const deployment = await getDeployment(store, id);
  if (deployment !== undefined) return deployment;
  throw new Problem({
    code: "deployment-unknown",
    message: `there is no deployment ${id}`,
    fix: "`dojang deployments` lists them",
    exit: "configuration",
  });
}
