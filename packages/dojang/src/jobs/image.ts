import { createHash } from "node:crypto";
import type { ImageJob } from "@dojang/model";
import { emptyDetail, type JobResult } from "../environments/job-result.ts";
import type { ArtifactFacts } from "../report/run-facts.ts";
import { putArtifact } from "../store/artifacts.ts";
import type { JobContext } from "./job.ts";

/**
 * Kind `image`: the built services as one versioned artifact. Its version is the digest over the services' own content
 * digests, so the same sources give the same version, and environments of this run start from exactly these builds.
 */
export async function runImageJob(context: JobContext, definition: ImageJob): Promise<JobResult> {
  const { store, run, job, project } = context;
  const names =
    definition.services ?? project.services.filter((service) => service.program.kind === "build").map((service) => service.name);
  const images = Object.values(await context.images(names));
  const services = images.map(({ service, digest, sizeBytes }) => ({ service, digest, sizeBytes }));
  const version = createHash("sha256")
    .update(services.map((image) => `${image.service} ${image.digest}\n`).join(""))
    .digest("hex")
    .slice(0, 12);
  const manifest = { project: project.name, version, runtime: context.runtime.name, services };
  const stored = await putArtifact(store, {
    run: run.id,
    job: job.id,
    name: "image.json",
    contentType: "application/json",
    content: Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
  });
  const reused = images.filter((image) => image.cached).length;
  const artifacts: ArtifactFacts[] = [
    { job: job.planned.name, name: "image.json", digest: stored.digest, sizeBytes: stored.sizeBytes },
    ...services.map((image) => ({
      job: job.planned.name,
      name: `image/${image.service}`,
      digest: image.digest,
      sizeBytes: image.sizeBytes,
    })),
  ];
  return {
    state: "passed",
    reason: "done",
    summary: `version ${version}: ${names.length} services built${reused > 0 ? `, ${reused} as before` : ""}`,
    detail: { ...emptyDetail, artifacts },
    attempts: [],
    findings: [],
  };
}
