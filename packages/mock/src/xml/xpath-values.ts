import { plainNumberText } from "../json/decimal.ts";
import { textContent, type XmlNode } from "./xml-node.ts";

export type XPathValue = readonly XmlNode[] | string | number | boolean;

/** The string value of a node. A text node stands for the text and CDATA that follow it. */
export function stringOfNode(node: XmlNode): string {
  if (node.kind !== "text" && node.kind !== "cdata") return textContent(node);
  const { children } = node.parent;
  let text = "";
  for (let i = children.indexOf(node); i < children.length; i++) {
    const next = children[i];
    if (next?.kind !== "text" && next?.kind !== "cdata") break;
    text += next.text;
  }
  return text;
}

export function toText(value: XPathValue): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return numberText(value);
  if (typeof value === "boolean") return String(value);
  return value[0] === undefined ? "" : stringOfNode(value[0]);
}

export function toNumber(value: XPathValue): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  const text = toText(value).replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
  return /^-?(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
}

export function toBoolean(value: XPathValue): boolean {
  if (typeof value === "number") return value !== 0 && !Number.isNaN(value);
  return typeof value === "boolean" ? value : value.length > 0;
}

/** Without exponent, as XPath prints numbers. */
function numberText(value: number): string {
  if (Object.is(value, -0)) return "0";
  return Number.isFinite(value) ? plainNumberText(String(value).replace("e+", "e")) : String(value);
}

/** As Java's NumberFormat for English: grouped, at most three digits behind the point, halves to even. */
export function groupedNumberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return `${sign}∞`;
  const [whole = "", fraction = ""] = (size >= 2 ** 53 ? plainNumberText(String(size).replace("e+", "e"), 400) : rounded(size)).split(".");
  const digits = fraction.replace(/0+$/, "");
  return `${sign}${whole.replace(/\B(?=(?:\d{3})+$)/g, ",")}${digits === "" ? "" : `.${digits}`}`;
}

function rounded(size: number): string {
  const text = size.toFixed(3);
  const isHalf = (size * 1000) % 1 === 0.5;
  return isHalf && Number(text.at(-1)) % 2 === 1 ? (Number(text) - 0.001).toFixed(3) : text;
}
