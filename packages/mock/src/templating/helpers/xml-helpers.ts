import { parseXml, type XmlParse } from "../../xml/parse-xml.ts";
import { formatXml as printXml } from "../../xml/render-xml.ts";
import { compileXPath, type XPath, XPathSyntaxError } from "../../xml/xpath.ts";
import { groupedNumberText } from "../../xml/xpath-values.ts";
import { type Helper, type HelperCall, type Helpers, helperError } from "../evaluation/helper.ts";
import { CacheSlot } from "../evaluation/render-cache.ts";
import { javaTrim } from "../language/java-space.ts";
import { listOrSingle, type Value, XmlValue } from "../values/value.ts";
import { xmlValue } from "../values/xml-value.ts";
import { param, paramOr, textArgument, textOf } from "./arguments.ts";
import { layoutOf } from "./json-helpers.ts";
import { withoutBlankText } from "./without-blank-text.ts";

export const xmlHelpers: Helpers = new Map<string, Helper>([
  ["xPath", (context, call) => readXPath(context, call, "")],
  ["soapXPath", (context, call) => readXPath(context, call, "/Envelope/Body/")],
  ["formatXml", formatXml],
]);

function readXPath(context: Value, call: HelperCall, prefix: string): Value {
  const input = context === null ? "null" : textOf(context, call);
  if (paramOr(call, 0, null) === null) return helperError("The XPath expression cannot be empty");
  const expression = textArgument(param(call, 0)) ?? "";
  const parsed = documentOf(input, call);
  if (!parsed.ok) return helperError(`${input} is not valid XML`);
  const invalid = helperError(`${expression} is not a valid XPath expression`);
  const path = pathOf(prefix + expression, call);
  if (!path) return invalid;
  const found = path.evaluate(parsed.document);
  switch (found.kind) {
    case "failed":
      return invalid;
    case "nodes":
      call.rendering.budget.step(found.nodes.length);
      return found.nodes.length === 0 ? "" : listOrSingle(found.nodes.map(xmlValue));
    case "number":
      return single(groupedNumberText(found.value));
    default:
      return single(String(found.value));
  }
}

function single(text: string): Value {
  return listOrSingle([new XmlValue(() => text)]);
}

const documents = new CacheSlot<XmlParse>();
const paths = new CacheSlot<XPath | undefined>();

function documentOf(text: string, call: HelperCall): XmlParse {
  return call.rendering.cache.get(documents, text, (xml) => parseXml(xml));
}

/** Undefined for an expression that does not compile. */
function pathOf(expression: string, call: HelperCall): XPath | undefined {
  return call.rendering.cache.get(paths, expression, (text) => {
    try {
      return compileXPath(text);
    } catch (error) {
      if (error instanceof XPathSyntaxError) return undefined;
      throw error;
    }
  });
}

function formatXml(context: Value, call: HelperCall): Value {
  const text = call.isBlock ? javaTrim(call.body()) : typeof context === "string" ? javaTrim(context) : "";
  if (text === "") return helperError("formatXml should take a block of XML to format or a single parameter of type String");
  const layout = layoutOf("formatXml", call);
  if (layout !== "pretty" && layout !== "compact") return layout;
  const parsed = documentOf(text, call);
  return parsed.ok ? printXml(withoutBlankText(parsed.document), layout) : helperError("Input is not valid XML");
}
