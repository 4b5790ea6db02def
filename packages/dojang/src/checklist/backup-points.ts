import type { ServiceSpec } from "@dojang/model";
import { type ChecklistFinding, isSqlDatabase, type Looked, programOf } from "./checklist-point.ts";

const dayMs = 24 * 60 * 60_000;
const late = 1.5;

/** What is saved, where to, and whether it was ever restored. */
export function checkBackups(looked: Looked): readonly ChecklistFinding[] {
  const { definition, services, point } = looked;
  const keeping = services.filter(keepsData).map(({ name }) => name);
  const declared = point("backups", "disks break, and people delete: what is not saved is gone", "%.backups");
  const plan = definition.backups;
  if (plan === undefined) {
    if (keeping.length === 0) return [declared.ok("no service keeps anything")];
    return [declared.fail(`nothing is saved of ${keeping.join(", ")}`, `write backups: { services: [${keeping.join(", ")}] }`)];
  }
  const left = keeping.filter((name) => !plan.services.includes(name));
  const every = `every ${Math.round(plan.everyMs / 3_600_000)} h`;
  return [
    left.length === 0
      ? declared.ok(`${plan.services.join(", ")}, ${every}`)
      : declared.warn(`not saved: ${left.join(", ")}`, "add them to backups.services, or take their volumes away"),
    checkTargets(looked, plan),
    ...plan.services.flatMap((service) => checkService(looked, plan, service)),
  ];
}

type Plan = NonNullable<Looked["definition"]["backups"]>;

function keepsData(service: ServiceSpec): boolean {
  if (!service.mounts.some((mount) => mount.kind === "volume" && !mount.readOnly)) return isSqlDatabase(service);
  const words = service.program.command ?? [];
  // Redis that writes neither snapshots nor an append-only file.
  return !(
    ["redis", "valkey"].includes(programOf(service) ?? "") &&
    words.includes("--save") &&
    words[words.indexOf("--save") + 1] === "" &&
    !words.includes("yes")
  );
}

function checkTargets({ point }: Looked, plan: Plan): ChecklistFinding {
  const here = point("backup-elsewhere", "a backup on the machine it is of burns with it", "%.backups.to");
  if (plan.to.length === 0)
    return here.warn("copies are kept on this machine alone", "write to: [{ s3: { bucket: ... } }], or a folder of another disk");
  return here.ok(plan.to.map((target) => (target.kind === "s3" ? `s3://${target.bucket}` : target.folder)).join(", "));
}

function checkService({ facts, point, environment }: Looked, plan: Plan, service: string): readonly ChecklistFinding[] {
  const fresh = point(`backup-fresh:${service}`, "what was written since the newest backup is lost with the disk", "%.backups.every");
  const proven = point(`backup-proven:${service}`, "half of all backups that were never restored cannot be", "%.backups.proven-within");
  const prove = "dojang backup prove restores the newest one aside and compares it";
  if (facts.backups === undefined) {
    return [
      fresh.unknown("backups are not known here", "check on the server"),
      proven.unknown("proofs are not known here", "check on the server"),
    ];
  }
  const known = facts.backups.find((one) => one.service === service);
  const take = `dojang backup ${environment} ${service}`;
  const age = known?.newestAt === undefined ? undefined : facts.now - known.newestAt;
  const proofAge = known?.provenAt === undefined ? undefined : facts.now - known.provenAt;
  return [
    age === undefined
      ? fresh.fail(`${service} was never saved`, take)
      : age > plan.everyMs * late
        ? fresh.fail(`the newest backup of ${service} is ${span(age)} old, one every ${span(plan.everyMs)} is declared`, take)
        : fresh.ok(`${span(age)} old`),
    proofAge === undefined
      ? proven.fail(`no backup of ${service} was ever restored and compared`, prove)
      : proofAge > plan.provenWithinMs
        ? proven.fail(`the last proof is ${span(proofAge)} old, ${span(plan.provenWithinMs)} is declared`, prove)
        : proven.ok(`restored and compared ${span(proofAge)} ago`),
  ];
}

function span(ms: number): string {
  return ms >= 2 * dayMs ? `${Math.round(ms / dayMs)} days` : `${Math.round(ms / 3_600_000)} h`;
}
