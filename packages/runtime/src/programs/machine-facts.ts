/** What can run here in place of an image. Found by asking the binaries, so that a plan can be made purely from it. */
export type ProgramFamily = "postgres" | "redis" | "valkey" | "mysql" | "mariadb" | "nginx" | "memcached" | "node" | "python";

export interface InstalledProgram {
  readonly family: ProgramFamily;
  /** As the binary says it: "18.4", "7.0.15". */
  readonly version: string;
  readonly major: number;
  readonly origin: "npm" | "system" | "dojang";
  /** Absolute paths by the name used in the image: `{ postgres: "...", initdb: "..." }`. */
  readonly binaries: Readonly<Record<string, string>>;
  /** Host folders and files outside /usr, /bin and /lib* that have to be visible at the same path. */
  readonly readOnlyPaths: readonly string[];
}

export interface MachineFacts {
  readonly platform: string;
  readonly programs: readonly InstalledProgram[];
  /** Folders with PostgreSQL's client commands, newest first. */
  readonly clientFolders: readonly string[];
  /** Folder with the stand-in commands (`bin/pg_isready`, ...): readable by every user once `placeMachine` has run. */
  readonly standIns: string;
}

const titles: Readonly<Record<ProgramFamily, string>> = {
  postgres: "PostgreSQL",
  redis: "Redis",
  valkey: "Valkey",
  mysql: "MySQL",
  mariadb: "MariaDB",
  nginx: "nginx",
  memcached: "memcached",
  node: "Node",
  python: "Python",
};

/** "PostgreSQL 18.4 (npm)": the one way a program is named for people. */
export function describeProgram(program: InstalledProgram): string {
  return `${titles[program.family]} ${program.version} (${program.origin})`;
}
