import { performance } from "node:perf_hooks";
import type { ServeEvent } from "../journal/serve-event.ts";
import type { World } from "../serving/mock-world.ts";
import type { Webhooks } from "./webhooks.ts";

/** Loads webhooks with the first stub that has one. */
export class LazyWebhooks {
  readonly #world: World;
  #webhooks: Promise<Webhooks> | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  serve(event: ServeEvent): void {
    this.#webhooks ??= this.#load();
    void this.#webhooks.then((webhooks) => webhooks.serve(event));
  }

  async #load(): Promise<Webhooks> {
    const { Webhooks: Loaded } = await import("./webhooks.ts");
    const { options, outbound, templates, journal, ended } = this.#world;
    return new Loaded({
      outbound,
      templates: await templates.load(),
      note: (event, type, data) => journal.addSubEvent(event.id, { type, timeOffsetNanos: offsetNanos(event), data }),
      signal: ended.signal,
      preserveUserAgent: options.proxy?.preserveUserAgent === true,
      ...options.webhooks,
    });
  }
}

/** Nanoseconds since the request came in, on the only clock that an event keeps. */
function offsetNanos(event: ServeEvent): number {
  return Math.max(0, Math.round((performance.timeOrigin + performance.now() - event.request.receivedAt) * 1e6));
}
