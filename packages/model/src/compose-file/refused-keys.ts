/** Why a key is refused, and what to do instead. */
export interface Refusal {
  readonly reason: string;
  readonly instead: string;
}

const isolation = "it breaks the environment's isolation";

/** Keys of a service that are refused, unless their value asks for nothing (`privileged: false`, an empty list). */
export const refusedServiceKeys: Readonly<Record<string, Refusal>> = {
  privileged: { reason: isolation, instead: "remove it; a test environment needs no rights on the machine" },
  cap_add: { reason: isolation, instead: "remove it, or leave the service out (`omit: true` in dojang.yml)" },
  network_mode: { reason: "every environment has a network of its own", instead: "remove it; services reach each other by name" },
  devices: { reason: isolation, instead: "remove it, or leave the service out (`omit: true` in dojang.yml)" },
  device_cgroup_rules: { reason: isolation, instead: "remove it" },
  gpus: { reason: "devices of the machine are not given away", instead: "leave the service out (`omit: true` in dojang.yml)" },
  pid: { reason: isolation, instead: "remove it" },
  ipc: { reason: isolation, instead: "remove it; shared memory inside the service works" },
  uts: { reason: isolation, instead: "remove it" },
  userns_mode: { reason: isolation, instead: "remove it" },
  cgroup: { reason: isolation, instead: "remove it" },
  cgroup_parent: { reason: isolation, instead: "remove it" },
  runtime: { reason: "services run on Dojang's runtime", instead: "remove it" },
  isolation: { reason: "it is for Windows containers", instead: "remove it" },
  credential_spec: { reason: "it is for Windows containers", instead: "remove it" },
  sysctls: { reason: "kernel settings belong to the machine", instead: "remove it" },
  group_add: { reason: "a service has one group", instead: "remove it, or set the group with `user: uid:gid`" },
  volumes_from: { reason: "it is obsolete", instead: "name a volume in both services" },
  external_links: { reason: "nothing outside the environment can be reached", instead: "make it a service of this file, or a mock" },
  extends: { reason: "a file must say everything itself", instead: "share keys with an anchor and `<<`" },
  provider: { reason: "providers run outside the environment", instead: "make it a service, or a mock" },
  models: { reason: "models run outside the environment", instead: "play it by a mock" },
  use_api_socket: { reason: isolation, instead: "remove it" },
  post_start: {
    reason: "life-cycle hooks are not run",
    instead: "make it a service that others wait for with service_completed_successfully, or a `prepare` step",
  },
  pre_stop: { reason: "life-cycle hooks are not run", instead: "handle the stop signal in the service" },
};

export const refusedBuildKeys: Readonly<Record<string, Refusal>> = {
  additional_contexts: { reason: "a build sees its own folder only", instead: "put what it needs into the context" },
  ssh: { reason: "a build gets no keys", instead: "remove it; fetch private code before the build" },
  secrets: { reason: "a build gets no secrets", instead: "remove it; give the secret to the running service" },
  privileged: { reason: isolation, instead: "remove it" },
  entitlements: { reason: isolation, instead: "remove it" },
  isolation: { reason: "it is for Windows containers", instead: "remove it" },
};

export const refusedTopKeys: Readonly<Record<string, Refusal>> = {
  include: { reason: "a file must say everything itself", instead: "copy the included services into this file" },
  models: { reason: "models run outside the environment", instead: "play them by a mock" },
};
