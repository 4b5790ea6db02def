import type { RecordingResult } from "../contract.ts";
import { printStubMapping } from "../mapping/print-stub-mapping.ts";
import type { Json } from "../mapping/stub-mapping.ts";
import { type AdminCall, readJsonBody } from "./admin-call.ts";
import { type AdminResponse, emptyJsonAnswer, jsonAnswer } from "./admin-response.ts";
import type { AdminRoute } from "./admin-route.ts";
import { requireJournal } from "./journal-access.ts";

export const recordingRoutes: readonly AdminRoute[] = [
  { method: "POST", path: "/recordings/snapshot", summary: "makes stubs of the requests in the journal", answer: takeSnapshot },
  { method: "POST", path: "/recordings/start", summary: "begins to record a target", answer: startRecording },
  { method: "POST", path: "/recordings/stop", summary: "ends recording and keeps the stubs", answer: stopRecording },
  { method: "GET", path: "/recordings/status", summary: "whether it is recording", answer: recordingStatus },
];

async function takeSnapshot(call: AdminCall): Promise<AdminResponse> {
  requireJournal(call.world);
  return resultAnswer(await call.world.recorder.snapshot(call.request.body.length === 0 ? undefined : recordingSpec(call)));
}

async function startRecording(call: AdminCall): Promise<AdminResponse> {
  const spec = recordingSpec(call);
  requireJournal(call.world);
  await call.world.recorder.start(spec);
  return emptyJsonAnswer();
}

async function stopRecording({ world }: AdminCall): Promise<AdminResponse> {
  return resultAnswer(await world.recorder.stop());
}

function recordingStatus({ world }: AdminCall): AdminResponse {
  return jsonAnswer({ status: world.recorder.status });
}

function recordingSpec(call: AdminCall): Json {
  // Safe: it comes from a JSON reader, and the recorder parses it.
  return readJsonBody(call) as Json;
}

function resultAnswer({ outputFormat, stubs }: RecordingResult): AdminResponse {
  return jsonAnswer(outputFormat === "ids" ? { ids: stubs.map(({ id }) => id) } : { mappings: stubs.map(printStubMapping) });
}
