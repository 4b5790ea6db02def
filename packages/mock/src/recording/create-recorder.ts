import { randomUUID } from "node:crypto";
import { Problem } from "@dojang/model";
import type { MockWorld, Recorder, RecordingResult } from "../contract.ts";
import { mappingFileName } from "../files/mapping-file-name.ts";
import type { ServeEvent } from "../journal/serve-event.ts";
import type { Json, StubMapping } from "../mapping/stub-mapping.ts";
import { compileRequest } from "../matching/compile-request.ts";
import { extensionFor, isTextType, mimeTypeOf } from "./media-kind.ts";
import { parseRecordSpec, type RecordFilters, type RecordSpec } from "./record-spec.ts";
import { repeatsAsScenarios, withoutRepeats } from "./repeated-requests.ts";
import { stubOfEvent } from "./stub-of-event.ts";

/**
 * Recording: a stub that sends everything to the target while it lasts, and stubs of what the journal gathered since. The journal
 * is bounded, so a long recording may lose its beginning; the result says how many requests that were.
 */
export function createRecorder(world: MockWorld): Recorder {
  return new JournalRecorder(world);
}

interface Recording {
  readonly spec: RecordSpec;
  readonly proxyStubId: string | undefined;
  /** The newest entry when it began. */
  readonly after: string | undefined;
  readonly droppedBefore: number;
}

class JournalRecorder implements Recorder {
  readonly #world: MockWorld;
  #recording: Recording | undefined;
  #hasRecorded = false;

  constructor(world: MockWorld) {
    this.#world = world;
  }

  get status(): Recorder["status"] {
    if (this.#recording !== undefined) return "Recording";
    return this.#hasRecorded ? "Stopped" : "NeverStarted";
  }

  /** While it is recording, another start changes nothing. */
  async start(json: Json): Promise<void> {
    const spec = parseRecordSpec(json);
    if (this.#recording !== undefined) return;
    const { journal } = this.#world;
    const proxyStubId = spec.targetBaseUrl === undefined ? undefined : randomUUID();
    this.#recording = { spec, proxyStubId, after: journal.all()[0]?.id, droppedBefore: journal.dropped };
    if (spec.targetBaseUrl !== undefined && proxyStubId !== undefined) {
      await this.#world.addStub({
        id: proxyStubId,
        request: { url: { kind: "any" }, method: { kind: "any" } },
        response: { status: 200, proxyBaseUrl: spec.targetBaseUrl },
      });
    }
  }

  async stop(): Promise<RecordingResult> {
    const recording = this.#recording;
    if (recording === undefined) {
      throw new Problem({
        code: "not-recording",
        message: "Not currently recording.",
        fix: "Start a recording first: POST /__admin/recordings/start.",
        exit: "configuration",
      });
    }
    this.#recording = undefined;
    this.#hasRecorded = true;
    if (recording.proxyStubId !== undefined) await this.#world.removeStub(recording.proxyStubId);
    const { journal } = this.#world;
    const all = journal.all();
    const begin = recording.after === undefined ? -1 : all.findIndex(({ id }) => id === recording.after);
    const lost = begin < 0 ? Math.max(0, journal.dropped - recording.droppedBefore) : 0;
    const result = await this.#keep(begin < 0 ? all : all.slice(0, begin), recording.spec);
    return lost > 0 ? { ...result, lost } : result;
  }

  async snapshot(json: Json | undefined): Promise<RecordingResult> {
    return this.#keep(this.#world.journal.all(), parseRecordSpec(json));
  }

  async #keep(events: readonly ServeEvent[], spec: RecordSpec): Promise<RecordingResult> {
    const wanted = filterOf(spec.filters);
    const recorded = events.filter(wanted).map((event) => stubOfEvent(event, spec));
    const stubs: StubMapping[] = [];
    for (const stub of spec.repeatsAsScenarios ? repeatsAsScenarios(recorded) : withoutRepeats(recorded)) {
      const kept = await this.#withBodyInFile(stub, spec);
      await this.#world.addStub(kept);
      stubs.push(kept);
    }
    return { outputFormat: spec.outputFormat, stubs };
  }

  async #withBodyInFile(stub: StubMapping, { extractBodies }: RecordSpec): Promise<StubMapping> {
    const { body } = stub.response;
    if (extractBodies === undefined || (body?.kind !== "body" && body?.kind !== "base64Body")) return stub;
    const bytes = body.kind === "body" ? Buffer.from(body.text, "utf8") : Buffer.from(body.base64, "base64");
    const type = mimeTypeOf(contentTypeOf(stub));
    const isLarge =
      isTextType(type) && body.kind === "body"
        ? body.text.length > extractBodies.textThreshold
        : bytes.length > extractBodies.binaryThreshold;
    if (!isLarge) return stub;
    const path = stub.request.url.kind === "any" ? "" : stub.request.url.value;
    const name = mappingFileName(stub).replace(/json$/, extensionFor(type, path, bytes));
    await this.#world.files.writeBody(name, bytes);
    return { ...stub, response: { ...stub.response, body: { kind: "bodyFileName", name } } };
  }
}

function filterOf(filters: RecordFilters): (event: ServeEvent) => boolean {
  const matcher = filters.pattern === undefined ? undefined : compileRequest(filters.pattern);
  const ids = filters.ids === undefined ? undefined : new Set(filters.ids);
  return (event) =>
    (filters.allowNonProxied || event.answeredBy === "proxy") &&
    (matcher === undefined || matcher.matches(event.request)) &&
    (ids === undefined || ids.has(event.id));
}

function contentTypeOf(stub: StubMapping): string | undefined {
  for (const [name, values] of Object.entries(stub.response.headers ?? {})) {
    if (name.toLowerCase() === "content-type") return typeof values === "string" ? values : values[0];
  }
  return undefined;
}
