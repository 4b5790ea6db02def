import type { XPathContext, XPathEvaluation } from "./evaluate-xpath.ts";
import type { XmlElement, XmlNode } from "./xml-node.ts";
import type { FunctionName, XPathExpression } from "./xpath-tree.ts";
import { toBoolean, toNumber, toText, type XPathValue } from "./xpath-values.ts";

/** XPath 1.0's core functions. Positions in text count UTF-16 units, as Java's do. */
export function callXPathFunction(
  name: FunctionName,
  args: readonly XPathExpression[],
  context: XPathContext,
  evaluation: XPathEvaluation,
): XPathValue {
  const scalar = (index: number) => scalarOf(args[index], context, evaluation);
  const text = (index: number): string => toText(scalar(index));
  const number = (index: number): number => toNumber(scalar(index));
  const truth = (): boolean => args[0] !== undefined && toBoolean(evaluation.evaluate(args[0], context));
  const node = (): XmlNode | undefined => (args[0] ? evaluation.nodes(args[0], context)[0] : context.node);
  switch (name) {
    case "last":
      return context.size;
    case "position":
      return context.position;
    case "count":
      return nodesOf(args, context, evaluation).length;
    case "id":
      // Which attributes are ids is said by a DTD, and that is not asked.
      return [];
    case "current":
      return [evaluation.origin];
    case "local-name":
      return namesOf(node())?.localName ?? "";
    case "namespace-uri":
      return namesOf(node())?.namespace ?? "";
    case "name":
      return namesOf(node())?.name ?? "";
    case "string":
      return text(0);
    case "concat":
      return args.map((_, i) => text(i)).join("");
    case "starts-with":
      return text(0).startsWith(text(1));
    case "contains":
      return text(0).includes(text(1));
    case "substring-before":
      return before(text(0), text(1));
    case "substring-after":
      return after(text(0), text(1));
    case "substring":
      return substring(text(0), number(1), args[2] ? number(2) : Number.POSITIVE_INFINITY);
    case "string-length":
      return text(0).length;
    case "normalize-space":
      return text(0)
        .replace(/[ \t\r\n]+/g, " ")
        .replace(/^ | $/g, "");
    case "translate":
      return translate(text(0), text(1), text(2));
    case "boolean":
      return truth();
    case "not":
      return !truth();
    case "true":
      return true;
    case "false":
      return false;
    case "lang":
      return isLanguage(context.node, text(0));
    case "number":
      return number(0);
    case "sum":
      return evaluation.textsOf(nodesOf(args, context, evaluation)).reduce((sum, each) => sum + toNumber(each), 0);
    case "floor":
      return Math.floor(number(0));
    case "ceiling":
      return Math.ceil(number(0));
    case "round":
      return Math.round(number(0));
  }
}

/** An argument, or the context node without one; of nodes the text of the first. */
function scalarOf(arg: XPathExpression | undefined, context: XPathContext, evaluation: XPathEvaluation): Exclude<XPathValue, object> {
  const value = arg ? evaluation.evaluate(arg, context) : [context.node];
  if (typeof value !== "object") return value;
  return value[0] ? evaluation.textOf(value[0]) : "";
}

function nodesOf(args: readonly XPathExpression[], context: XPathContext, evaluation: XPathEvaluation): readonly XmlNode[] {
  return args[0] ? evaluation.nodes(args[0], context) : [];
}

function namesOf(node: XmlNode | undefined): Pick<XmlElement, "name" | "localName" | "namespace"> | undefined {
  if (node?.kind === "element" || node?.kind === "attribute") return node;
  return node?.kind === "instruction" ? { name: node.target, localName: node.target, namespace: undefined } : undefined;
}

function before(text: string, part: string): string {
  const at = text.indexOf(part);
  return at < 0 ? "" : text.slice(0, at);
}

function after(text: string, part: string): string {
  const at = text.indexOf(part);
  return at < 0 ? "" : text.slice(at + part.length);
}

/** From a position counted from 1; both numbers are rounded. A start that is no number is far before the text, as Java has it. */
function substring(text: string, start: number, length: number): string {
  const from = Number.isNaN(start) ? -1_000_000 : Math.round(start);
  const to = from + Math.round(length);
  if (Number.isNaN(to)) return "";
  return text.slice(Math.max(0, from - 1), Math.max(0, to - 1));
}

/** Characters of the first list become those of the second, or nothing. */
function translate(text: string, from: string, to: string): string {
  const map = new Map<string, string>();
  for (let i = 0; i < from.length; i++) if (!map.has(from.charAt(i))) map.set(from.charAt(i), to.charAt(i));
  return Array.from({ length: text.length }, (_, i) => map.get(text.charAt(i)) ?? text.charAt(i)).join("");
}

/** By the nearest `xml:lang`. */
function isLanguage(node: XmlNode, language: string): boolean {
  for (let at: XmlNode | undefined = node; at; at = at.parent) {
    const declared = at.kind === "element" ? at.attributes.find((attribute) => attribute.name === "xml:lang") : undefined;
    if (declared) return `${declared.value.toLowerCase()}-`.startsWith(`${language.toLowerCase()}-`);
  }
  return false;
}
