import { Problem, type ServiceSpec } from "@dojang/model";

const archiveTimeoutS = 60;

/**
 * Pure: a PostgreSQL service whose log is archived into a folder of this machine, each segment when it is full or a minute old. The
 * folder has to exist and belong to the user the service runs as; `followArchive` empties it.
 *
 * The command writes beside, waits for the disk and renames, so a segment there is whole. One that is there already is left alone
 * when it is the same, and is a failure when it is not: PostgreSQL keeps its own then, and says so.
 */
export function withArchiving(service: ServiceSpec, { walFolder }: { readonly walFolder: string }): ServiceSpec {
  if (/['"\\%\s]/.test(walFolder)) {
    throw new Problem({
      code: "archive-folder-refused",
      exit: "configuration",
      message: `${walFolder} cannot be written into a command of PostgreSQL's: it has a space, a quote, a backslash or a percent sign`,
      fix: "choose a DOJANG_HOME without them",
    });
  }
  const there = `${walFolder}/%f`;
  const making = `${walFolder}/.making-%f`;
  const command = `if test -f ${there}; then cmp -s %p ${there}; else cp %p ${making} && sync ${making} && mv ${making} ${there} && sync ${walFolder}; fi`;
  return withPostgresFlags(service, [
    ...["-c", "archive_mode=on"],
    ...["-c", `archive_command=${command}`],
    ...["-c", `archive_timeout=${archiveTimeoutS}`],
  ]);
}

/** Of a setting that is given twice PostgreSQL takes the last. */
export function withPostgresFlags(service: ServiceSpec, flags: readonly string[]): ServiceSpec {
  const { program } = service;
  const words = program.command ?? [];
  if (startsPostgres(service)) return { ...service, program: { ...program, command: [...words, ...flags] } };
  throw new Problem({
    code: "archive-command-unknown",
    exit: "configuration",
    message: `service ${service.name} does not start postgres itself but ${JSON.stringify(words)}: settings cannot be added to it`,
    fix: "let its command be postgres with its arguments, or take point-in-time out of its backups",
  });
}

/** Whether arguments at the end of its command are PostgreSQL's own. */
export function startsPostgres({ program }: ServiceSpec): boolean {
  const words = program.command ?? [];
  const [first] = [...(program.entrypoint ?? []), ...words].filter((word, index) => index > 0 || word !== "docker-entrypoint.sh");
  return program.kind === "image" && (first === undefined || first === "postgres" || first.startsWith("-"));
}
