import { Problem, type ServiceSpec } from "@dojang/model";
import { imageLayout, parseImageName } from "@dojang/runtime";
import type { BackupKind } from "../store/backup-tables.ts";

/** What is done to save a service, by the image it is of. */
export function kindOfData(service: ServiceSpec): BackupKind {
  if (service.program.kind === "image") {
    const { program } = parseImageName(service.program.image);
    if (program === "postgres") return "postgres";
    if (program === "mysql" || program === "mysql-server" || program === "mariadb") return "mysql";
    if (program === "redis" || program === "valkey") return "redis";
  }
  if (volumesOf(service).length > 0) return "files";
  throw new Problem({
    code: "backup-nothing-to-save",
    exit: "configuration",
    message: `service ${service.name} has no named volume: it keeps nothing that could be saved`,
    fix: "leave it out of backups.services, or give it a named volume in the Compose file",
  });
}

export function volumesOf(service: ServiceSpec): readonly { readonly volume: string; readonly target: string }[] {
  return service.mounts.flatMap((mount) => (mount.kind === "volume" && !mount.readOnly ? [mount] : []));
}

export interface DataPlace {
  readonly volume: string;
  /** Folder of the volume in which the data directory lies; "" when it is the volume itself. */
  readonly within: string;
}

/** Where in its volumes a database keeps its data directory. */
export function dataPlaceOf(service: ServiceSpec): DataPlace {
  const target = service.program.kind === "image" ? imageLayout(service.program.image)?.dataTarget : undefined;
  const mounts = volumesOf(service)
    .filter((mount) => target !== undefined && (mount.target === target || target.startsWith(`${mount.target.replace(/\/$/, "")}/`)))
    .sort((a, b) => b.target.length - a.target.length);
  const [mount] = mounts;
  if (mount !== undefined && target !== undefined)
    return { volume: mount.volume, within: target.slice(mount.target.length).replace(/^\//, "") };
  throw new Problem({
    code: "backup-nothing-to-save",
    exit: "configuration",
    message: `service ${service.name} has no named volume at ${target ?? "the place of its data"}: what it writes is gone with its process`,
    fix: `mount a named volume at ${target ?? "it"} in the Compose file`,
  });
}

/** A variable of an image, or the content of the Compose secret that NAME_FILE names. */
export function imageVariable(service: ServiceSpec, names: readonly string[]): string | undefined {
  for (const name of names) {
    const path = service.environment[`${name}_FILE`];
    const file = service.mounts.find((mount) => mount.kind === "file" && mount.target === path);
    const value = file?.kind === "file" ? file.content.replace(/\n+$/, "") : service.environment[name];
    if (value !== undefined && value !== "") return value;
  }
  return undefined;
}
