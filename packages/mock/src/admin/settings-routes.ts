import type { GlobalSettings } from "../contract.ts";
import type { Parsed } from "../mapping/mapping-finding.ts";
import { isAbsent, MappingReader } from "../mapping/mapping-reader.ts";
import { readDelayDistribution } from "../mapping/parse-response-definition.ts";
import type { JsonObject } from "../mapping/stub-mapping.ts";
import { type AdminCall, readBody } from "./admin-call.ts";
import { type AdminResponse, emptyAnswer, emptyJsonAnswer, jsonAnswer } from "./admin-response.ts";
import type { AdminRoute } from "./admin-route.ts";

export const settingsRoutes: readonly AdminRoute[] = [
  { method: "GET", path: "/settings", summary: "the settings that hold for all stubs", answer: getSettings },
  { method: "PUT", path: "/settings", summary: "replaces the settings", answer: replaceSettings },
  { method: "POST", path: "/settings", summary: "replaces the settings", answer: replaceSettings },
  { method: "PATCH", path: "/settings/extended", summary: "changes some of the extended settings", answer: patchExtended },
];

function getSettings({ world }: AdminCall): AdminResponse {
  const { fixedDelay, delayDistribution, extended, proxyPassThrough } = world.settings;
  return jsonAnswer({ settings: { fixedDelay, delayDistribution, extended, proxyPassThrough } });
}

function replaceSettings(call: AdminCall): AdminResponse {
  call.world.setSettings(readBody(call, parseSettings));
  return emptyAnswer();
}

/** A setting given as null is removed. */
function patchExtended(call: AdminCall): AdminResponse {
  const { settings } = call.world;
  const merged = { ...settings.extended, ...readBody(call, parseExtended) };
  const extended = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
  call.world.setSettings({ ...settings, extended });
  return emptyJsonAnswer();
}

/** Both `{"fixedDelay": 5}` and, as answered, `{"settings": {"fixedDelay": 5}}`. What is left out is off, as in WireMock. */
export function parseSettings(body: unknown): Parsed<GlobalSettings> {
  const reader = new MappingReader();
  const root = reader.object(body, undefined, "the settings");
  if (root === undefined) return noBody(reader, body);
  const isWrapped = Object.hasOwn(root, "settings");
  const at = isWrapped ? { parent: undefined, key: "settings" } : undefined;
  if (isWrapped) reader.onlyKnown(root, undefined, new Set(["settings"]), "the settings");
  const fields = isWrapped ? (reader.object(root.settings, at, "`settings`") ?? {}) : root;
  reader.onlyKnown(fields, at, new Set(["fixedDelay", "delayDistribution", "extended", "proxyPassThrough"]), "the settings");
  const field = (key: string) => ({ parent: at, key });
  return reader.result({
    fixedDelay: reader.integer(fields.fixedDelay, field("fixedDelay"), { min: 0 }),
    delayDistribution: readDelayDistribution(fields.delayDistribution, field("delayDistribution"), reader),
    extended: reader.jsonObject(fields.extended, field("extended")),
    proxyPassThrough: reader.flag(fields.proxyPassThrough, field("proxyPassThrough")) ?? false,
  });
}

function parseExtended(body: unknown): Parsed<JsonObject> {
  const reader = new MappingReader();
  const root = reader.object(body, undefined, "the settings");
  if (root === undefined) return noBody(reader, body);
  reader.onlyKnown(root, undefined, new Set(["extended"]), "a change of the extended settings");
  const at = { parent: undefined, key: "extended" };
  const extended = reader.jsonObject(root.extended, at);
  if (isAbsent(root.extended) && !reader.failed)
    reader.error(at, "wrong-type", "`extended` is missing", 'write {"extended": {"name": value}}');
  return reader.result(extended);
}

function noBody<T>(reader: MappingReader, body: unknown): Parsed<T> {
  if (isAbsent(body)) reader.error(undefined, "wrong-type", "the settings must be an object, got null", "write {} for none");
  return reader.result<T>(undefined);
}
