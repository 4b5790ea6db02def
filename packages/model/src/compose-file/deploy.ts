import { z } from "zod";
import { anything, composeDuration, composeSize, decimal, text, wholeNumber } from "./scalars.ts";

/** `deploy:`: limits, restarts and one replica have a meaning on one machine; the rest is Swarm's and changes nothing here. */
export const deploy = z.strictObject({
  replicas: wholeNumber.optional(),
  resources: z
    .strictObject({
      limits: z
        .strictObject({
          cpus: decimal.optional(),
          memory: composeSize.optional(),
          pids: wholeNumber.optional(),
          devices: anything.optional(),
        })
        .optional(),
      reservations: z
        .strictObject({
          cpus: anything.optional(),
          memory: anything.optional(),
          devices: anything.optional(),
          generic_resources: anything.optional(),
        })
        .optional(),
    })
    .optional(),
  restart_policy: z
    .strictObject({
      condition: z.enum(["none", "on-failure", "any"]).default("any"),
      delay: composeDuration.optional(),
      max_attempts: wholeNumber.optional(),
      window: composeDuration.optional(),
    })
    .optional(),
  mode: text.optional(),
  endpoint_mode: anything.optional(),
  labels: anything.optional(),
  placement: anything.optional(),
  update_config: anything.optional(),
  rollback_config: anything.optional(),
});
