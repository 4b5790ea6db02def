import { z } from "zod";
import { attachments } from "./attachments.ts";
import { build } from "./build.ts";
import { command } from "./command.ts";
import { deploy } from "./deploy.ts";
import { healthcheck } from "./health.ts";
import { mounts, tmpfs } from "./mounts.ts";
import { expose, ports } from "./ports.ts";
import { anything, composeDuration, composeSize, decimal, flag, keyValues, text, textList, wholeNumber } from "./scalars.ts";

const dependency = z.strictObject({
  condition: z.enum(["service_started", "service_healthy", "service_completed_successfully"]),
  required: flag.default(true),
  restart: flag.optional(),
});

export const dependsOn = z
  .union([z.array(text), z.record(z.string(), dependency)], { error: "must be a list of services, or a mapping service -> condition" })
  .transform(
    (value): Readonly<Record<string, z.output<typeof dependency>>> =>
      Array.isArray(value)
        ? Object.fromEntries(value.map((name) => [name, { condition: "service_started" as const, required: true }]))
        : value,
  );

const serviceNetwork = z.union([
  z.null(),
  z.strictObject({
    aliases: z.array(text).optional(),
    ipv4_address: anything.optional(),
    ipv6_address: anything.optional(),
    link_local_ips: anything.optional(),
    mac_address: anything.optional(),
    driver_opts: anything.optional(),
    gw_priority: anything.optional(),
    interface_name: anything.optional(),
    priority: anything.optional(),
  }),
]);

export const serviceNetworks = z
  .union([z.array(text), z.record(z.string(), serviceNetwork)], { error: "must be a list of networks, or a mapping" })
  .transform(
    (value): Readonly<Record<string, readonly string[]>> =>
      Array.isArray(value)
        ? Object.fromEntries(value.map((name) => [name, []]))
        : Object.fromEntries(Object.entries(value).map(([name, network]) => [name, network?.aliases ?? []])),
  );

const envFile = z
  .union(
    [
      z.string().transform((path) => ({ path, required: true, format: undefined })),
      z.array(
        z.union([
          z.string().transform((path) => ({ path, required: true, format: undefined })),
          z.strictObject({ path: z.string(), required: flag.default(true), format: z.enum(["raw"]).optional() }),
        ]),
      ),
    ],
    { error: "must be a path, or a list of paths" },
  )
  .transform((value) => (Array.isArray(value) ? value : [value]));

const restart = z
  .union([z.string(), z.literal(false)], { error: 'must be "no", always, on-failure or unless-stopped' })
  .transform((value, context) => {
    if (value === false || value === "no" || value === "") return { kind: "no" as const };
    if (value === "always") return { kind: "always" as const };
    if (value === "unless-stopped") return { kind: "unless-stopped" as const };
    const retries = /^on-failure(?::(\d+))?$/.exec(value);
    if (retries !== null) return { kind: "on-failure" as const, ...(retries[1] !== undefined && { maxRetries: Number(retries[1]) }) };
    context.addIssue({
      code: "custom",
      message: `must be "no", always, on-failure[:n] or unless-stopped, got "${value}"`,
      params: { fix: 'write for example restart: "no"' },
    });
    return z.NEVER;
  });

/** `host:address` or `host=address`, as a list or a mapping. */
const extraHosts = z
  .union([z.array(z.string()), z.record(z.string(), z.union([z.string(), z.array(z.string())]))], {
    error: "must be a list of host:address, or a mapping",
  })
  .transform((value, context) => {
    if (!Array.isArray(value))
      return Object.fromEntries(
        Object.entries(value).map(([host, address]) => [host, typeof address === "string" ? address : (address[0] ?? "")]),
      );
    const hosts: Record<string, string> = {};
    for (const [index, entry] of value.entries()) {
      const match = /^([^:=\s]+)[:=]\[?([^\]\s]+)\]?$/.exec(entry);
      if (match?.[1] !== undefined && match[2] !== undefined) hosts[match[1]] = match[2];
      else
        context.addIssue({
          code: "custom",
          path: [index],
          message: `must be host:address, got "${entry}"`,
          params: { fix: 'write for example "db.internal:10.0.0.5"' },
        });
    }
    return hosts;
  });

/** Keys with a meaning here. */
const effective = {
  image: z.string().min(1, { error: "must not be empty" }).optional(),
  build: build.optional(),
  command: command.optional(),
  entrypoint: command.optional(),
  environment: keyValues.or(z.null()).optional(),
  env_file: envFile.optional(),
  ports: ports.or(z.null()).optional(),
  expose: expose.optional(),
  volumes: mounts.or(z.null()).optional(),
  depends_on: dependsOn.or(z.null()).optional(),
  healthcheck: healthcheck.optional(),
  restart: restart.optional(),
  user: text.optional(),
  working_dir: z.string().optional(),
  networks: serviceNetworks.or(z.null()).optional(),
  container_name: text.optional(),
  hostname: text.optional(),
  labels: keyValues.optional(),
  links: z.array(text).optional(),
  stop_signal: text.optional(),
  stop_grace_period: composeDuration.optional(),
  profiles: z.array(text).optional(),
  secrets: attachments.optional(),
  configs: attachments.optional(),
  tmpfs: tmpfs.optional(),
  read_only: flag.default(false),
  extra_hosts: extraHosts.optional(),
  mem_limit: composeSize.optional(),
  cpus: decimal.optional(),
  pids_limit: wholeNumber.optional(),
  deploy: deploy.optional(),
  scale: wholeNumber.optional(),
  security_opt: textList.optional(),
};

/** Keys that change nothing here; each with what to know about it. */
export const serviceKeysWithoutEffect: Readonly<Record<string, string>> = {
  logging: "all output is captured",
  platform: "programs of this machine's platform run",
  pull_policy: "images are taken as the runtime finds them",
  tty: "no terminal is attached",
  stdin_open: "no terminal is attached",
  init: "an init process always reaps children",
  cap_drop: "services have no capabilities anyway",
  shm_size: "shared memory counts as memory",
  ulimits: "the environment's own limits hold",
  mem_reservation: "only limits are kept",
  mem_swappiness: "only limits are kept",
  memswap_limit: "only limits are kept",
  cpu_shares: "only limits are kept",
  cpu_count: "only limits are kept",
  cpu_percent: "only limits are kept",
  cpu_quota: "only limits are kept",
  cpu_period: "only limits are kept",
  cpuset: "only limits are kept",
  blkio_config: "only limits are kept",
  oom_kill_disable: "only limits are kept",
  oom_score_adj: "only limits are kept",
  dns: "names are answered inside the environment",
  dns_opt: "names are answered inside the environment",
  dns_search: "names are answered inside the environment",
  domainname: "names are answered inside the environment",
  mac_address: "addresses are given by the environment",
  annotations: "nothing reads them",
  attach: "all output is captured",
  develop: "it is for `docker compose watch`",
  label_file: "nothing reads labels",
  storage_opt: "the environment's disk limit holds",
};

/** Written as a mapping to keep each key's own type. */
export const composeService = z.strictObject({ ...withoutEffect(), ...effective }, { error: "must be a mapping that describes a service" });

function withoutEffect(): Readonly<Record<string, z.ZodOptional<z.ZodUnknown>>> {
  return Object.fromEntries(Object.keys(serviceKeysWithoutEffect).map((key) => [key, anything.optional()]));
}

export type ComposeService = z.output<z.ZodObject<typeof effective>>;
