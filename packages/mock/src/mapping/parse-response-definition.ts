import { type At, below, isAbsent, type MappingReader, shown } from "./mapping-reader.ts";
import type { DelayDistribution, ResponseBody, ResponseDefinition } from "./stub-mapping.ts";
import { canonicalBase64 } from "./text-operators.ts";
import { withoutUndefined } from "./without-undefined.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The `response` of a stub. Null and a missing value are an empty 200. */
export function readResponseDefinition(value: unknown, at: At | undefined, reader: MappingReader): ResponseDefinition | undefined {
  if (isAbsent(value)) return { status: 200 };
  const fields = reader.object(value, at, "`response`");
  if (fields === undefined) return undefined;
  reader.onlyKnown(fields, at, knownFields, "a response");
  const field = (name: string) => below(at, name);
  return {
    status: readStatus(fields.status, field("status"), reader),
    ...withoutUndefined({
      statusMessage: reader.text(fields.statusMessage, field("statusMessage")),
      body: readBody(fields, at, reader),
      headers: readHeaders(fields.headers, { ...field("headers"), unit: true }, reader),
      additionalProxyRequestHeaders: readHeaders(
        fields.additionalProxyRequestHeaders,
        { ...field("additionalProxyRequestHeaders"), unit: true },
        reader,
      ),
      removeProxyRequestHeaders: reader.texts(fields.removeProxyRequestHeaders, field("removeProxyRequestHeaders")),
      fixedDelayMilliseconds: reader.integer(fields.fixedDelayMilliseconds, field("fixedDelayMilliseconds"), { min: 0 }),
      delayDistribution: readDelayDistribution(fields.delayDistribution, field("delayDistribution"), reader),
      chunkedDribbleDelay: readDribble(fields.chunkedDribbleDelay, field("chunkedDribbleDelay"), reader),
      proxyBaseUrl: readProxyBaseUrl(fields.proxyBaseUrl, field("proxyBaseUrl"), reader),
      proxyUrlPrefixToRemove: reader.text(fields.proxyUrlPrefixToRemove, field("proxyUrlPrefixToRemove")),
      fault: readFault(fields.fault, field("fault"), reader),
      transformers: nonEmpty(reader.texts(fields.transformers, field("transformers"))),
      transformerParameters: nonEmptyObject(reader.jsonObject(fields.transformerParameters, field("transformerParameters"))),
      fromConfiguredStub: reader.flag(fields.fromConfiguredStub, field("fromConfiguredStub")) === false ? false : undefined,
    }),
  };
}

/** What is not above 0 is 200, as in WireMock. */
function readStatus(value: unknown, at: At, reader: MappingReader): number {
  const status = reader.integer(value, at) ?? 200;
  if (status <= 0) return 200;
  if (status >= 100 && status <= 999) return status;
  reader.error(at, "bad-value", `\`status\` must be from 100 to 999, got ${status}`, "write an HTTP status such as 200");
  return 200;
}

/** `body`, else `jsonBody`, else `base64Body`, else `bodyFileName`: the first one given counts, as in WireMock. */
function readBody(fields: Fields, at: At | undefined, reader: MappingReader): ResponseBody | undefined {
  const text = reader.text(fields.body, below(at, "body"));
  const json = isAbsent(fields.jsonBody) ? undefined : reader.json(fields.jsonBody, below(at, "jsonBody"));
  const base64 = readBase64(fields.base64Body, below(at, "base64Body"), reader);
  const name = reader.text(fields.bodyFileName, below(at, "bodyFileName"));
  const given: ResponseBody[] = [
    ...(text === undefined ? [] : [{ kind: "body" as const, text }]),
    ...(json === undefined ? [] : [{ kind: "jsonBody" as const, value: json }]),
    ...(base64 === undefined ? [] : [{ kind: "base64Body" as const, base64 }]),
    ...(name === undefined ? [] : [{ kind: "bodyFileName" as const, name }]),
  ];
  const [first, ...ignored] = given;
  for (const { kind } of ignored) {
    reader.warn(below(at, kind), "ignored-field", `\`${kind}\` is ignored: \`${first?.kind}\` is given too, and comes first`, "keep one");
  }
  return first;
}

function readBase64(value: unknown, at: At, reader: MappingReader): string | undefined {
  const text = reader.text(value, at);
  if (text === undefined) return undefined;
  return (
    canonicalBase64(text) ?? reader.error(at, "bad-value", `${shown(text)} is no Base64`, "encode the bytes as Base64 (A-Z a-z 0-9 + /)")
  );
}

type Headers = NonNullable<ResponseDefinition["headers"]>;

/** Names that differ in case only are one header, spelled as first given. */
function readHeaders(value: unknown, at: At, reader: MappingReader): Headers | undefined {
  const record = reader.object(value, at, `\`${at.key}\``);
  if (record === undefined) return undefined;
  const headers = new Map<string, { name: string; values: readonly string[] }>();
  for (const [name, given] of Object.entries(record)) {
    const values = readHeaderValues(name, given, below(at, name), reader);
    if (values === undefined) continue;
    const earlier = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), { name: earlier?.name ?? name, values: [...(earlier?.values ?? []), ...values] });
  }
  return Object.fromEntries([...headers.values()].map(({ name, values }) => [name, values.length === 1 ? (values[0] ?? "") : values]));
}

function readHeaderValues(name: string, value: unknown, at: At, reader: MappingReader): readonly string[] | undefined {
  const values = Array.isArray(value) ? value : [value];
  if (values.length === 0 || values.some((each) => typeof each !== "string")) {
    const message = `header \`${name}\` must be a string or a list of strings, got ${shown(value)}`;
    return reader.error(at, "wrong-type", message, "write each value in double quotes");
  }
  if (name === "" || [name, ...values].some((each) => /[\r\n\0]/.test(each))) {
    const message = `header \`${name}\` cannot be sent: names are not empty, and neither names nor values hold line ends`;
    return reader.error(at, "bad-value", message, "write a list for several values");
  }
  return values;
}

const faults = ["CONNECTION_RESET_BY_PEER", "EMPTY_RESPONSE", "MALFORMED_RESPONSE_CHUNK", "RANDOM_DATA_THEN_CLOSE"] as const;

function readFault(value: unknown, at: At, reader: MappingReader) {
  return reader.oneOf(value, at, faults);
}

/** Also of the global settings. */
export function readDelayDistribution(value: unknown, at: At, reader: MappingReader): DelayDistribution | undefined {
  const fields = reader.object(value, at, `\`${at.key}\``);
  if (fields === undefined) return undefined;
  if (isAbsent(fields.type)) {
    return reader.error(below(at, "type"), "bad-value", `\`${at.key}\` needs a \`type\``, "write one of lognormal, uniform, fixed");
  }
  const type = reader.oneOf(fields.type, below(at, "type"), ["lognormal", "uniform", "fixed"]);
  if (type === undefined) return undefined;
  const names = { lognormal: ["median", "sigma", "maxValue"], uniform: ["lower", "upper"], fixed: ["milliseconds"] }[type];
  reader.onlyKnown(fields, at, new Set(["type", ...names]), `a ${type} delay`);
  if (type === "fixed") return { type, milliseconds: reader.integer(fields.milliseconds, below(at, "milliseconds"), { min: 0 }) ?? 0 };
  return type === "uniform" ? readUniform(fields, at, reader) : readLogNormal(fields, at, reader);
}

function readUniform(fields: Fields, at: At, reader: MappingReader): DelayDistribution {
  const lower = reader.integer(fields.lower, below(at, "lower"), { min: 0 }) ?? 0;
  const upper = reader.integer(fields.upper, below(at, "upper"), { min: 0 }) ?? 0;
  if (lower > upper) {
    reader.error(at, "bad-value", `\`lower\` must not be above \`upper\`, got ${lower} and ${upper}`, "swap them");
  }
  return { type: "uniform", lower, upper };
}

function readLogNormal(fields: Fields, at: At, reader: MappingReader): DelayDistribution {
  const maxValue = reader.number(fields.maxValue, below(at, "maxValue"));
  const median = reader.number(fields.median, below(at, "median")) ?? 0;
  const sigma = reader.number(fields.sigma, below(at, "sigma")) ?? 0;
  for (const [name, value] of Object.entries({ median, maxValue })) {
    if (value !== undefined && value < 0) {
      reader.error(below(at, name), "bad-value", `\`${name}\` must be 0 or more milliseconds, got ${value}`, "write a time");
    }
  }
  return { type: "lognormal", median, sigma, ...(maxValue !== undefined && { maxValue }) };
}

function readDribble(value: unknown, at: At, reader: MappingReader): ResponseDefinition["chunkedDribbleDelay"] {
  const fields = reader.object(value, at, "`chunkedDribbleDelay`");
  if (fields === undefined) return undefined;
  reader.onlyKnown(fields, at, new Set(["numberOfChunks", "totalDuration"]), "`chunkedDribbleDelay`");
  const numberOfChunks = reader.integer(fields.numberOfChunks, below(at, "numberOfChunks"), { min: 1 });
  const totalDuration = reader.integer(fields.totalDuration, below(at, "totalDuration"), { min: 0 });
  if (numberOfChunks !== undefined && totalDuration !== undefined) return { numberOfChunks, totalDuration };
  if (reader.failed) return undefined;
  return reader.error(at, "bad-value", "`chunkedDribbleDelay` needs `numberOfChunks` and `totalDuration`", "add the missing one");
}

function readProxyBaseUrl(value: unknown, at: At, reader: MappingReader): string | undefined {
  const text = reader.text(value, at)?.trim();
  if (text === undefined || text.includes("{{") || /^https?:\/\/[^/]/i.test(text)) return text;
  return reader.error(at, "bad-value", `\`${at.key}\` must be an http or https URL, got ${shown(text)}`, "write http://host:port");
}

function nonEmpty(list: readonly string[] | undefined): readonly string[] | undefined {
  return list?.length === 0 ? undefined : list;
}

function nonEmptyObject<Value extends object>(value: Value | undefined): Value | undefined {
  return value && Object.keys(value).length === 0 ? undefined : value;
}

const knownFields: ReadonlySet<string> = new Set([
  "status",
  "statusMessage",
  "headers",
  "body",
  "jsonBody",
  "base64Body",
  "bodyFileName",
  "fault",
  "fixedDelayMilliseconds",
  "delayDistribution",
  "chunkedDribbleDelay",
  "proxyBaseUrl",
  "proxyUrlPrefixToRemove",
  "additionalProxyRequestHeaders",
  "removeProxyRequestHeaders",
  "transformers",
  "transformerParameters",
  "fromConfiguredStub",
  // Written by WireMock's journal, read and dropped.
  "originalRequest",
  "proxyUrl",
]);
