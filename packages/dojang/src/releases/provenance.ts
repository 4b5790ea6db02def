import type { ReleaseArtifact } from "./release-manifest.ts";
import type { CommitFacts } from "./release-source.ts";

export interface ProvenanceFacts {
  readonly release: string;
  readonly project: string;
  readonly commit: CommitFacts | undefined;
  readonly repository: string | undefined;
  readonly changedFiles: readonly string[];
  readonly sourceDigest: string;
  readonly artifacts: readonly ReleaseArtifact[];
  readonly commands: Readonly<Record<string, readonly string[]>>;
  readonly dojangVersion: string;
  readonly nodeVersion: string;
  readonly machine: string;
  readonly requestedBy: string;
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** Who built what of which sources, when, with what: an in-toto statement (v1) with SLSA's provenance predicate (v1). */
export function provenanceOf(facts: ProvenanceFacts): unknown {
  const { commit } = facts;
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: facts.artifacts.map(({ service, digest }) => ({
      name: `${facts.release}/${service}`,
      digest: { sha256: digest.replace(/^sha256:/, "") },
    })),
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "https://dojang.dev/build/recipe/v1",
        externalParameters: { project: facts.project, commit: commit?.commit, requestedBy: facts.requestedBy, commands: facts.commands },
        internalParameters: { includedChanges: facts.changedFiles },
        resolvedDependencies: [
          ...(commit === undefined ? [] : [{ uri: `git+${facts.repository ?? "file:"}`, digest: { gitCommit: commit.commit } }]),
          { name: "sources", digest: { sha256: facts.sourceDigest } },
        ],
      },
      runDetails: {
        builder: { id: `dojang on ${facts.machine}`, version: { dojang: facts.dojangVersion, node: facts.nodeVersion } },
        metadata: {
          invocationId: facts.release,
          startedOn: new Date(facts.startedAt).toISOString(),
          finishedOn: new Date(facts.finishedAt).toISOString(),
        },
      },
    },
  };
}
