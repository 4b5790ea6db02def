import { child, type DocumentNode, entries, isMapping } from "../documents/document-node.ts";
import { referenceOf } from "../documents/openapi-document.ts";
import type { DocumentReader } from "./document-reader.ts";
import type { Encoding, MediaType, NamedExample, ParameterStyle } from "./operation.ts";

const mediaTypeKeys = ["schema", "example", "examples", "encoding"];
const encodingKeys = ["contentType", "headers", "style", "explode", "allowReserved"];
const formStyles: readonly ParameterStyle[] = ["form", "spaceDelimited", "pipeDelimited", "deepObject"];

export function readContent(reader: DocumentReader, parent: DocumentNode): readonly MediaType[] {
  const content = reader.optionalMapping(parent, "content", "`content`");
  if (content === undefined) return [];
  return entries(content).flatMap(([type, given]) => {
    if (type.startsWith("x-")) return [];
    if (!/^[^\s/;]+\/[^\s/;]+\s*(;.*)?$/.test(type)) {
      reader.report(given, {
        severity: "warning",
        code: "openapi-value",
        message: `"${type}" is not a media type and is left out`,
        fix: "write type and subtype: application/json",
      });
      return [];
    }
    const node = reader.mapping(given, "a media type");
    return node === undefined ? [] : [readMediaType(reader, type, node)];
  });
}

function readMediaType(reader: DocumentReader, type: string, node: DocumentNode): MediaType {
  reader.misspelt(node, mediaTypeKeys);
  return {
    type: type.toLowerCase(),
    node,
    schema: reader.schema(node, "schema"),
    encoding: readEncoding(reader, node),
    examples: readExamples(reader, node),
  };
}

function readEncoding(reader: DocumentReader, parent: DocumentNode): ReadonlyMap<string, Encoding> {
  const encoding = reader.optionalMapping(parent, "encoding", "`encoding`");
  if (encoding === undefined) return new Map();
  return new Map(
    entries(encoding).flatMap(([name, node]) => {
      if (!isMapping(node.value)) {
        reader.wrong(node, "an encoding must be a mapping", "write it as `contentType: text/plain`");
        return [];
      }
      reader.misspelt(node, encodingKeys);
      return [
        [
          name,
          {
            contentType: reader.text(node, "contentType"),
            style: readStyle(reader, node, formStyles),
            explode: reader.flag(node, "explode"),
          },
        ] as const,
      ];
    }),
  );
}

export function readStyle(reader: DocumentReader, parent: DocumentNode, allowed: readonly ParameterStyle[]): ParameterStyle | undefined {
  const written = reader.text(parent, "style");
  if (written === undefined) return undefined;
  const style = allowed.find((each) => each === written);
  if (style === undefined) reader.wrong(child(parent, "style"), "this `style` is not allowed here", `write one of ${allowed.join(", ")}`);
  return style;
}

/** `example` alone, else `examples` by name, in the order written. */
export function readExamples(reader: DocumentReader, parent: DocumentNode): readonly NamedExample[] {
  const single = shownValue(reader, child(parent, "example"));
  const found: NamedExample[] = single.value === undefined ? [] : [{ name: undefined, value: single }];
  const examples = reader.optionalMapping(parent, "examples", "`examples`");
  if (examples === undefined) return found;
  for (const [name, given] of entries(examples)) {
    const node = reader.mapping(given, "an example");
    if (node === undefined) continue;
    const value = shownValue(reader, child(node, "value"));
    if (value.value === undefined && child(node, "externalValue").value === undefined) {
      reader.report(node, {
        code: "openapi-value",
        severity: "warning",
        message: `the example "${name}" has no \`value\` and is left out`,
        fix: "write the example below `value:`",
      });
    }
    found.push({ name, value: value.value === undefined ? undefined : value });
  }
  return found;
}

/** Documents keep long examples in files, and write `{ $ref: file.json }` for the value although it is one: where that leads somewhere. */
function shownValue(reader: DocumentReader, node: DocumentNode): DocumentNode {
  if (referenceOf(node.value) === undefined || entries(node).length !== 1) return node;
  const resolution = reader.document.follow(node);
  return resolution.ok ? resolution.node : node;
}
