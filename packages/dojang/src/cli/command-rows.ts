import type { Command } from "commander";
import type { CommandContext } from "./command-context.ts";

/** A command as it is listed. Its file is imported only when it is asked for: each would bring a world of its own along. */
export interface CommandRow {
  readonly name: string;
  readonly does: string;
  readonly load: () => Promise<(context: CommandContext) => Command>;
}

/** Under its heading in `dojang --help`, in the order in which a newcomer meets them. */
export const commandSections: Readonly<Record<string, readonly CommandRow[]>> = {
  "Prove a change": [
    {
      name: "init",
      does: "Look at a repository and write a dojang.yml that runs its tests.",
      load: async () => (await import("./init.ts")).initCommand,
    },
    {
      name: "check",
      does: "Read dojang.yml, the Compose file and what mocks are played from, and list everything that is wrong, with its line and what to write instead.",
      load: async () => (await import("./check.ts")).checkCommand,
    },
    {
      name: "run",
      does: "Prove the working tree: run its jobs on isolated copies of the system, and write the report.",
      load: async () => (await import("./run.ts")).runCommand,
    },
    {
      name: "report",
      does: "Write the report of a run again, from what was kept, and say what to look at first.",
      load: async () => (await import("./report.ts")).reportCommand,
    },
  ],
  "Work on the system": [
    {
      name: "up",
      does: "Start the system, isolated, and leave it running: its published ports are on this machine's loopback.",
      load: async () => (await import("./up.ts")).upCommand,
    },
    {
      name: "ps",
      does: "What is up on this machine: environments, their services, and where they are reached.",
      load: async () => (await import("./ps.ts")).psCommand,
    },
    {
      name: "logs",
      does: "What the services of this folder's environment print; or, by request id, every line that one request caused.",
      load: async () => (await import("./logs.ts")).logsCommand,
    },
    {
      name: "exec",
      does: "Run a command inside a service that is up, or in the workspace when the service is `workspace`.",
      load: async () => (await import("./exec.ts")).execCommand,
    },
    {
      name: "down",
      does: "Remove what `dojang up` started for this folder, with its data.",
      load: async () => (await import("./down.ts")).downCommand,
    },
  ],
  "Bring it to people": [
    {
      name: "deploy",
      does: "Bring a release to a deployment environment: saved, rehearsed, migrated, tried, switched, watched; taken back by itself when it does badly.",
      load: async () => (await import("./deploy.ts")).deployCommand,
    },
    {
      name: "on",
      does: "Give a command to the Dojang of another server that an environment's site lives on.",
      load: async () => (await import("./on.ts")).onCommand,
    },
    {
      name: "approve",
      does: "Agree to a deployment that waits; when that is enough, it goes on.",
      load: async () => (await import("./approve.ts")).approveCommand,
    },
    {
      name: "reject",
      does: "Refuse a deployment that waits; one that waits in its middle is taken back.",
      load: async () => (await import("./approve.ts")).rejectCommand,
    },
    {
      name: "rollback",
      does: "Go back to a former release, without dropping a request. The database stays as it is: where the release may not fit it, that is said.",
      load: async () => (await import("./rollback.ts")).rollbackCommand,
    },
    {
      name: "deployments",
      does: "What was deployed where, when, by whom, and what came of it.",
      load: async () => (await import("./deployments.ts")).deploymentsCommand,
    },
    {
      name: "releases",
      does: "Immutable versions: built once, the same for every environment.",
      load: async () => (await import("./releases.ts")).releasesCommand,
    },
    {
      name: "sites",
      does: "What is live on this machine, where, and how it does.",
      load: async () => (await import("./sites.ts")).sitesCommand,
    },
    {
      name: "backup",
      does: "Save the data of a live environment; list, prove, and keep the key of what was saved.",
      load: async () => (await import("./backup.ts")).backupCommand,
    },
    {
      name: "restore",
      does: "Bring an environment's data back: proven beside what is live, then switched to under the maintenance page. What was live stays on the disk.",
      load: async () => (await import("./restore.ts")).restoreCommand,
    },
    {
      name: "secrets",
      does: "Secrets of deployment environments: kept encrypted, never shown, never in the repository.",
      load: async () => (await import("./secrets.ts")).secretsCommand,
    },
    {
      name: "people",
      does: "Groups of people that may approve. Members of the machine's groups of the same name count too.",
      load: async () => (await import("./people.ts")).peopleCommand,
    },
  ],
  "Look after the machine": [
    {
      name: "doctor",
      does: "Try everything Dojang can make use of on this machine, and say what to do about what is missing.",
      load: async () => (await import("./doctor.ts")).doctorCommand,
    },
    {
      name: "provision",
      does: "Make an Ubuntu 24.04 or Debian 12 server ready, here or over SSH: what it will change is shown first, and done again it changes nothing.",
      load: async () => (await import("./provision.ts")).provisionCommand,
    },
    {
      name: "serve",
      does: "What must go on without a terminal: sites after a restart, watching and automatic rollback after a switch, backups on schedule and their proof, certificates, alerts, the status page.",
      load: async () => (await import("./serve.ts")).serveCommand,
    },
  ],
  Learn: [
    {
      name: "practice",
      does: "Learn to write tests that catch bugs.",
      load: async () => (await import("./practice.ts")).practiceCommand,
    },
  ],
};

/** Not for people. */
export const hiddenCommands: readonly CommandRow[] = [
  {
    name: "within",
    does: "What `dojang on` runs on the other server.",
    load: async () => (await import("./within.ts")).withinCommand,
  },
  {
    name: "keep",
    does: "The process that `dojang up` leaves behind to publish ports.",
    load: async () => (await import("./keep.ts")).keepCommand,
  },
];
