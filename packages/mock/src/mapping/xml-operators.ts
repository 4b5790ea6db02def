import { checkRegex } from "../regex/safe-regex.ts";
import { parseXml } from "../xml/parse-xml.ts";
import { type At, below, type MappingReader } from "./mapping-reader.ts";
import { reportRegex } from "./text-operators.ts";
import { type Fields, lenientFlag, operand, operator, readExpression } from "./value-operator.ts";
import { withoutUndefined } from "./without-undefined.ts";

const comparisonTypes = [
  "XML_VERSION",
  "XML_STANDALONE",
  "XML_ENCODING",
  "HAS_DOCTYPE_DECLARATION",
  "DOCTYPE_NAME",
  "DOCTYPE_PUBLIC_ID",
  "DOCTYPE_SYSTEM_ID",
  "SCHEMA_LOCATION",
  "NO_NAMESPACE_SCHEMA_LOCATION",
  "NODE_TYPE",
  "NAMESPACE_PREFIX",
  "NAMESPACE_URI",
  "TEXT_VALUE",
  "PROCESSING_INSTRUCTION_TARGET",
  "PROCESSING_INSTRUCTION_DATA",
  "ELEMENT_TAG_NAME",
  "ELEMENT_NUM_ATTRIBUTES",
  "ATTR_VALUE",
  "ATTR_VALUE_EXPLICITLY_SPECIFIED",
  "ATTR_NAME_LOOKUP",
  "CHILD_NODELIST_LENGTH",
  "CHILD_NODELIST_SEQUENCE",
  "CHILD_LOOKUP",
] as const;

const optionFields = [
  "enablePlaceholders",
  "placeholderOpeningDelimiterRegex",
  "placeholderClosingDelimiterRegex",
  "exemptedComparisons",
  "ignoreOrderOfSameNode",
  "namespaceAwareness",
];

export const equalToXmlOperator = operator((fields, at, { reader }) => {
  const value = operand("equalToXml", fields, at, reader);
  const exempted = fields.exemptedComparisons;
  const exemptedAt = below(at, "exemptedComparisons");
  const exemptedComparisons = reader
    .array(exempted, exemptedAt, "`exemptedComparisons`")
    ?.flatMap((each, index) => reader.oneOf(each, below(exemptedAt, index), comparisonTypes) ?? []);
  const options = {
    enablePlaceholders: lenientFlag("enablePlaceholders", fields),
    placeholderOpeningDelimiterRegex: readDelimiter("placeholderOpeningDelimiterRegex", fields, at, reader),
    placeholderClosingDelimiterRegex: readDelimiter("placeholderClosingDelimiterRegex", fields, at, reader),
    exemptedComparisons,
    ignoreOrderOfSameNode: lenientFlag("ignoreOrderOfSameNode", fields),
    namespaceAwareness: reader.oneOf(fields.namespaceAwareness, below(at, "namespaceAwareness"), ["LEGACY", "STRICT", "NONE"]),
  };
  if (value === undefined) return undefined;
  const namespaces = options.namespaceAwareness === undefined || options.namespaceAwareness === "STRICT";
  const parsed = parseXml(value, { namespaces });
  if (!parsed.ok) {
    const message = `\`equalToXml\` is no XML document: ${parsed.message}`;
    return reader.error(below(at, "equalToXml"), "bad-value", message, "write one well-formed element", parsed.message);
  }
  return { kind: "equalToXml", value, ...withoutUndefined(options) };
}, optionFields);

export const matchesXPathOperator = operator(
  (fields, at, reading) => {
    const found = readExpression("matchesXPath", fields, at, reading);
    const namespaces = readNamespaces(fields.xPathNamespaces, below(at, "xPathNamespaces"), reading.reader);
    return found && { kind: "matchesXPath", ...found, ...(namespaces && { xPathNamespaces: namespaces }) };
  },
  ["xPathNamespaces"],
);

function readDelimiter(name: string, fields: Fields, at: At, reader: MappingReader): string | undefined {
  const source = reader.text(fields[name], below(at, name));
  const wrong = source === undefined ? undefined : checkRegex(source);
  return wrong === undefined || source === undefined ? source : reportRegex(wrong, source, below(at, name), reader);
}

function readNamespaces(value: unknown, at: At, reader: MappingReader): Record<string, string> | undefined {
  const record = reader.object(value, at, "`xPathNamespaces`");
  if (record === undefined || Object.keys(record).length === 0) return undefined;
  return Object.fromEntries(Object.entries(record).map(([prefix, uri]) => [prefix, reader.exactText(uri, below(at, prefix)) ?? ""]));
}
