import type { Recorder, RecordingResult } from "../contract.ts";
import type { Json } from "../mapping/stub-mapping.ts";
import type { World } from "./mock-world.ts";

/** Loads the recorder with the first recording: most mocks never record. */
export class LazyRecorder implements Recorder {
  readonly #world: World;
  #recorder: Recorder | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  get status(): Recorder["status"] {
    return this.#recorder?.status ?? "NeverStarted";
  }

  async start(spec: Json): Promise<void> {
    await (await this.#load()).start(spec);
  }

  async stop(): Promise<RecordingResult> {
    return (await this.#load()).stop();
  }

  async snapshot(spec: Json | undefined): Promise<RecordingResult> {
    return (await this.#load()).snapshot(spec);
  }

  async #load(): Promise<Recorder> {
    if (this.#recorder === undefined) {
      const { createRecorder } = await import("../recording/create-recorder.ts");
      const recorder = this.#recorder ?? createRecorder(this.#world);
      this.#recorder = recorder;
      return recorder;
    }
    return this.#recorder;
  }
}
