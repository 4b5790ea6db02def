import { type ChecklistFinding, isSqlDatabase, type Looked } from "./checklist-point.ts";

/** How releases come: approval, migrations, backup before, the way back. */
export function checkDelivery(looked: Looked): readonly ChecklistFinding[] {
  const { deployJob, point, environment } = looked;
  if (deployJob === undefined) {
    const here = point("deploy-job", "what is deployed by hand is not what was tested", "jobs");
    return [here.warn(`no job deploys to ${environment}`, `add a job of kind: deploy with environment: ${environment}`)];
  }
  return [
    checkApproval(looked),
    checkMigrations(looked),
    checkBackupBefore(looked),
    checkRollback(looked),
    checkTestedBefore(looked),
    checkSmoke(looked),
  ];
}

function checkApproval({ deployJob, point }: Looked): ChecklistFinding {
  const here = point(
    "approval",
    "somebody else than the author should have looked before everybody gets it",
    `jobs.${deployJob?.name}.approval`,
  );
  const approval = deployJob?.job.approval;
  if (approval === undefined) return here.fail("nobody has to agree", "write approval: { by: [maintainers], count: 1, not: [author] }");
  const said = `${approval.count} of ${approval.by.join(", ")}`;
  return approval.not.includes("author")
    ? here.ok(`${said}, not the author`)
    : here.warn(`${said}; authors may approve their own`, "add not: [author]");
}

function hasDatabase({ services, values }: Looked): boolean {
  return services.some(isSqlDatabase) || Object.keys(values).some((name) => /^(DATABASE|DB|POSTGRES|MYSQL)_URL$/.test(name));
}

function checkMigrations(looked: Looked): ChecklistFinding {
  const here = looked.point(
    "migrations",
    "a migration that somebody runs by hand is forgotten, or run on the wrong database",
    `jobs.${looked.deployJob?.name}.migrate`,
  );
  const migrate = looked.deployJob?.job.migrate;
  if (migrate !== undefined) return here.ok("run by the deployment, on a restored copy first");
  if (!hasDatabase(looked)) return here.ok("there is no database");
  return here.fail("there is a database, and the deployment migrates nothing", "write migrate: { run: npm run migrate, in: api }");
}

function checkBackupBefore(looked: Looked): ChecklistFinding {
  const here = looked.point(
    "backup-before",
    "the one backup that is needed is the one of just before",
    `jobs.${looked.deployJob?.name}.backup`,
  );
  const before = looked.deployJob?.job.backup?.before ?? [];
  const databases = looked.services.filter(isSqlDatabase).map(({ name }) => name);
  const left = databases.filter((name) => !before.includes(name));
  if (left.length === 0)
    return here.ok(databases.length === 0 ? "there is no database of its own" : `${databases.join(", ")} before each deployment`);
  return here.warn(`not before a deployment: ${left.join(", ")}`, `write backup: { before: [${databases.join(", ")}] }`);
}

function checkRollback({ deployJob, point }: Looked): ChecklistFinding {
  const here = point(
    "rollback",
    "a release that breaks under real traffic is taken back within seconds, or when somebody wakes up",
    `jobs.${deployJob?.name}.rollback`,
  );
  const rollback = deployJob?.job.rollback;
  if (rollback === undefined)
    return here.warn("nothing takes a bad release back", "write rollback: { on: [health, errors > 2%], within: 10m }");
  const causes = rollback.on.map((cause) => (cause.kind === "health" ? "health" : `errors above ${cause.above * 100} %`));
  return here.ok(`on ${causes.join(" or ")}, for ${Math.round(rollback.withinMs / 60_000)} min`);
}

function checkTestedBefore({ deployJob, point }: Looked): ChecklistFinding {
  const here = point("tested-before", "a deployment that waits for no test ships whatever was pushed", `jobs.${deployJob?.name}.needs`);
  const needs = deployJob?.job.needs ?? [];
  return needs.length === 0
    ? here.fail("it waits for no job", "name the jobs that must pass under needs")
    : here.ok(`after ${needs.join(", ")}`);
}

function checkSmoke({ definition, point }: Looked): ChecklistFinding {
  const here = point(
    "smoke",
    "only the former release's own smoke tests can say whether it still works on the migrated database",
    "%.smoke",
  );
  const { smoke } = definition;
  if (smoke.length > 0) return here.ok(`${smoke.length} ${smoke.length === 1 ? "step" : "steps"}`);
  return here.warn("none: whether a rollback works is never tried", "write smoke: [{ run: npm run test:smoke }]");
}
