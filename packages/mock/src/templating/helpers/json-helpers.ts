import { KeySet } from "../../json/json-path.ts";
import { parseJson } from "../../json/parse-json.ts";
import { type Helper, type HelperCall, type Helpers, helperError } from "../evaluation/helper.ts";
import { javaTrim } from "../language/java-space.ts";
import { asJsonPathReads, asWireMockReads, fromJson } from "../values/from-json.ts";
import { classNameOf, illegalArgument, JavaException } from "../values/java-exception.ts";
import { TextSink } from "../values/text-sink.ts";
import { ListValue, MapValue, type Value } from "../values/value.ts";
import { writeJsonTree, writePrettyJson } from "../values/write-json.ts";
import { option, param, paramOr, textArgument, textOf } from "./arguments.ts";
import { documentOf, type JsonDocument, pathOf } from "./json-documents.ts";

/** Reading and printing JSON. Changing it is in `json-change-helpers.ts`. */
export const jsonHelpers: Helpers = new Map<string, Helper>([
  ["jsonPath", jsonPath],
  ["parseJson", parseJsonText],
  ["toJson", (context, call) => (context === null ? "" : pretty(context, call, true))],
  ["formatJson", formatJson],
]);

function pretty(value: Value, call: HelperCall, dropNulls: boolean): string {
  const sink = new TextSink(call.rendering.budget);
  writePrettyJson(value, sink, { dropNulls });
  return sink.toString();
}

function jsonPath(context: Value, call: HelperCall): Value {
  if (context === null || context === "") return "";
  if (paramOr(call, 0, null) === null) return helperError("The JSONPath cannot be empty");
  const expression = textArgument(param(call, 0)) ?? "";
  const document = documentOf(context, call);
  if (!document) return helperError(`${textOf(context, call)} is not valid JSON`);
  if (expression === "") throw illegalArgument("json can not be null or empty");
  const path = pathOf(expression, call);
  if (typeof path === "string") return helperError(`${expression} is not a valid JSONPath expression`);
  const found = path.evaluate(document.root);
  const value = found.kind === "found" ? foundValue(found.value, document) : null;
  return asJsonData(value ?? option(call, "default") ?? "");
}

/** A container of the template is itself again; what was read from text or made by the path is as the path's reader makes it. */
function foundValue(found: unknown, document: JsonDocument): Value {
  if (typeof found === "object" && found !== null) {
    const original = document.originalOf(found);
    if (original !== undefined) return original;
  }
  if (found instanceof KeySet) return new ListValue(found.keys);
  // Paths find parts of the document, or make lists of them, so what is found is JSON too.
  const made = found as Parameters<typeof fromJson>[0];
  if (!Array.isArray(made) || document.originalOf(document.root as object) === undefined) return fromJson(made, asJsonPathReads);
  return new ListValue(
    made.map((item) => foundValue(item, document)),
    "json",
  );
}

/** What a path found prints as JSON; the objects within it, taken alone, do not. */
function asJsonData(value: Value): Value {
  return value instanceof MapValue && value.style === "plain" ? new MapValue(value.entries, { style: "json" }) : value;
}

/** `{{parseJson text}}`, `{{parseJson text 'name'}}`, `{{#parseJson 'name'}}text{{/parseJson}}`. */
function parseJsonText(context: Value, call: HelperCall): Value {
  if (context === null) return new MapValue(new Map());
  const hasContext = context !== call.scope.model;
  if (!call.isBlock && !hasContext) return helperError("Missing required JSON string parameter");
  const text = call.isBlock ? call.body() : textOf(context, call);
  const variable = call.isBlock ? (hasContext ? textOf(context, call) : null) : textArgument(call.params[0] ?? null);
  const value = readJson(javaTrim(text));
  if (variable === null) return value;
  call.scope.variables.set(variable, value);
  return null;
}

function readJson(text: string): Value {
  if (text === "" || /^\{\s*\}$/.test(text)) return new MapValue(new Map());
  const parsed = parseJson(text);
  const value = parsed.ok ? fromJson(parsed.value, asWireMockReads) : null;
  const wanted = text.startsWith("[") && text.endsWith("]") ? ListValue : MapValue;
  if (parsed.ok && value instanceof wanted) return value;
  throw new JavaException("com.github.tomakehurst.wiremock.common.JsonException", "{");
}

function formatJson(context: Value, call: HelperCall): Value {
  const text = call.isBlock ? javaTrim(call.body()) : typeof context === "string" ? javaTrim(context) : "";
  if (text === "") return helperError("formatJson should take a block of JSON to format or a single parameter of type String");
  const layout = layoutOf("formatJson", call);
  if (layout !== "pretty" && layout !== "compact") return layout;
  const parsed = parseJson(text);
  if (!parsed.ok) {
    if (layout === "compact") return helperError("There was an error parsing the json. Please make sure the json is valid");
    const message = parsed.message.replace(/ at line \d+, column \d+$/, "");
    const kind = message.startsWith("Unexpected end-of-input") ? "io.JsonEOFException" : "JsonParseException";
    throw new JavaException(`wiremock.com.fasterxml.jackson.core.${kind}`, message);
  }
  const value = fromJson(parsed.value, asWireMockReads);
  if (layout === "pretty") return pretty(value, call, false);
  const sink = new TextSink(call.rendering.budget);
  writeJsonTree(value, sink, "asIs");
  return sink.toString();
}

/** `format='pretty'|'compact'` of formatJson and formatXml, or the complaint to print. */
export function layoutOf(helper: string, call: HelperCall): string {
  const format = option(call, "format");
  if (format === null) return "pretty";
  if (typeof format !== "string") {
    return helperError(
      `${helper}: format [${textOf(format, call)}] of type [${classNameOf(format)} should be a Format or a String and one of [pretty, compact]]`,
    );
  }
  return format === "pretty" || format === "compact"
    ? format
    : helperError(`${helper}: format [${format}] should be one of [pretty, compact]`);
}
