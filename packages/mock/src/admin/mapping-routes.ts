import { isDeepStrictEqual } from "node:util";
import type { ImportOptions } from "../contract.ts";
import type { Parsed } from "../mapping/mapping-finding.ts";
import { isRecord, MappingReader } from "../mapping/mapping-reader.ts";
import { parseStubMapping, parseStubMappings } from "../mapping/parse-stub-mapping.ts";
import { printRequestPattern, printStubMapping } from "../mapping/print-stub-mapping.ts";
import type { StubMapping } from "../mapping/stub-mapping.ts";
import { type AdminCall, accepted, idParameter, queryCount, readBody, readJsonBody } from "./admin-call.ts";
import { AdminRefusal } from "./admin-refusal.ts";
import { type AdminResponse, emptyAnswer, emptyJsonAnswer, jsonAnswer } from "./admin-response.ts";
import type { AdminRoute } from "./admin-route.ts";
import { requireJournal } from "./journal-access.ts";
import { listAnswer, printed } from "./list-answer.ts";
import { readMetadataMatcher } from "./metadata-matcher.ts";

export const mappingRoutes: readonly AdminRoute[] = [
  { method: "GET", path: "/mappings", summary: "all stubs; limit, offset", answer: listStubs },
  { method: "POST", path: "/mappings", summary: "adds a stub", answer: addStub },
  { method: "DELETE", path: "/mappings", summary: "removes all stubs, and the files of persistent ones", answer: removeAll },
  { method: "POST", path: "/mappings/edit", summary: "replaces the stub with the id of the body", answer: editStub },
  { method: "POST", path: "/mappings/save", summary: "makes all stubs persistent", answer: saveStubs },
  { method: "POST", path: "/mappings/reset", summary: "brings back the stubs of the files", answer: resetStubs },
  { method: "GET", path: "/mappings/unmatched", summary: "stubs that no request in the journal matched", answer: listUnmatched },
  {
    method: "DELETE",
    path: "/mappings/unmatched",
    summary: "removes stubs that no request in the journal matched",
    answer: removeUnmatched,
  },
  { method: "GET", path: "/mappings/{id}", summary: "one stub", answer: getStub },
  { method: "PUT", path: "/mappings/{id}", summary: "replaces a stub", answer: replaceStub },
  { method: "DELETE", path: "/mappings/{id}", summary: "removes a stub", answer: removeStub },
  {
    method: "POST",
    path: "/mappings/remove",
    summary: "removes the stub with the id of the body, else those with its request",
    answer: removeLike,
  },
  { method: "POST", path: "/mappings/find-by-metadata", summary: "stubs whose metadata match a pattern", answer: findByMetadata },
  {
    method: "POST",
    path: "/mappings/remove-by-metadata",
    summary: "removes stubs whose metadata match a pattern",
    answer: removeByMetadata,
  },
  { method: "POST", path: "/mappings/import", summary: "adds many stubs at once", answer: importStubs },
];

export function listStubs(call: AdminCall): AdminResponse {
  const all = call.world.stubs.all();
  const offset = queryCount(call, "offset") ?? 0;
  const limit = queryCount(call, "limit") ?? all.length;
  return stubsAnswer(all.slice(offset, offset + limit), all.length);
}

async function addStub(call: AdminCall): Promise<AdminResponse> {
  const stub = readBody(call, parseStubMapping);
  if (call.world.stubs.get(stub.id) !== undefined) throw duplicateId(stub.id);
  await call.world.addStub(stub);
  return jsonAnswer(printStubMapping(stub), 201);
}

async function removeAll({ world }: AdminCall): Promise<AdminResponse> {
  await world.removeMappings();
  return emptyJsonAnswer();
}

async function editStub(call: AdminCall): Promise<AdminResponse> {
  const edited = await call.world.editStub(readBody(call, parseStubMapping));
  return emptyAnswer(edited ? 204 : 404);
}

async function saveStubs({ world }: AdminCall): Promise<AdminResponse> {
  await world.saveMappings();
  return emptyAnswer();
}

async function resetStubs({ world }: AdminCall): Promise<AdminResponse> {
  await world.reset();
  return emptyAnswer();
}

function listUnmatched(call: AdminCall): AdminResponse {
  const unmatched = unmatchedStubs(call);
  return stubsAnswer(unmatched, unmatched.length);
}

async function removeUnmatched(call: AdminCall): Promise<AdminResponse> {
  for (const { id } of unmatchedStubs(call)) await call.world.removeStub(id);
  return emptyJsonAnswer();
}

function getStub(call: AdminCall): AdminResponse {
  const stub = call.world.stubs.get(idParameter(call));
  return stub === undefined ? emptyAnswer(404) : jsonAnswer(printStubMapping(stub));
}

async function replaceStub(call: AdminCall): Promise<AdminResponse> {
  const id = idParameter(call);
  if (call.world.stubs.get(id) === undefined) return emptyAnswer(404);
  const stub = { ...readBody(call, parseStubMapping), id };
  return (await call.world.editStub(stub)) ? jsonAnswer(printStubMapping(stub)) : emptyAnswer(404);
}

async function removeStub(call: AdminCall): Promise<AdminResponse> {
  return (await call.world.removeStub(idParameter(call))) ? emptyJsonAnswer() : emptyAnswer(404);
}

/** Nothing to remove is no error: clients call this to be sure. */
async function removeLike(call: AdminCall): Promise<AdminResponse> {
  const { id, request } = readBody(call, parseStubMapping);
  if (!(await call.world.removeStub(id))) {
    const pattern = printRequestPattern(request);
    const alike = call.world.stubs.all().filter((stub) => isDeepStrictEqual(printRequestPattern(stub.request), pattern));
    for (const stub of alike) await call.world.removeStub(stub.id);
  }
  return emptyAnswer();
}

function findByMetadata(call: AdminCall): AdminResponse {
  const found = call.world.stubs.byMetadata(readMetadataMatcher(call));
  return stubsAnswer(found, found.length);
}

async function removeByMetadata(call: AdminCall): Promise<AdminResponse> {
  for (const { id } of call.world.stubs.byMetadata(readMetadataMatcher(call))) await call.world.removeStub(id);
  return emptyJsonAnswer();
}

async function importStubs(call: AdminCall): Promise<AdminResponse> {
  const body = readJsonBody(call);
  const options = accepted(parseImportOptions(body));
  await call.world.importStubs(accepted(parseStubMappings(body)), options);
  return emptyAnswer();
}

function parseImportOptions(body: unknown): Parsed<ImportOptions> {
  const reader = new MappingReader();
  const root = reader.object(body, undefined, "an import");
  if (!Array.isArray(root?.mappings) && isRecord(root)) {
    reader.error(
      { parent: undefined, key: "mappings" },
      "wrong-type",
      "an import has a list of stubs, `mappings`",
      'write {"mappings": [...]}',
    );
  }
  const here = { parent: undefined, key: "importOptions" };
  const given = reader.object(root?.importOptions, here, "`importOptions`") ?? {};
  reader.onlyKnown(given, here, new Set(["duplicatePolicy", "deleteAllNotInImport"]), "`importOptions`");
  const options = {
    duplicatePolicy: reader.oneOf(given.duplicatePolicy, { parent: here, key: "duplicatePolicy" }, ["OVERWRITE", "IGNORE"]),
    deleteAllNotInImport: reader.flag(given.deleteAllNotInImport, { parent: here, key: "deleteAllNotInImport" }),
  };
  return reader.result(root && options);
}

function stubsAnswer(stubs: readonly StubMapping[], total: number): AdminResponse {
  return listAnswer("mappings", printed(stubs, printStubMapping), { meta: { total } });
}

function unmatchedStubs({ world }: AdminCall): readonly StubMapping[] {
  const matched = new Set(
    requireJournal(world)
      .all()
      .map(({ stub }) => stub?.id),
  );
  return world.stubs.all().filter(({ id }) => !matched.has(id));
}

function duplicateId(id: string): AdminRefusal {
  const detail = `ID of the provided stub mapping '${id}' is already taken by another stub mapping`;
  return new AdminRefusal(422, [{ code: 109, title: "Duplicate stub mapping ID", detail }]);
}
