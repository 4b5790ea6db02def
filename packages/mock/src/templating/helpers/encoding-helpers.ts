import type { Helper, HelperCall, Helpers } from "../evaluation/helper.ts";
import { javaTrim } from "../language/java-space.ts";
import { illegalArgument, JavaException } from "../values/java-exception.ts";
import { listOrSingle, MapValue, type Value } from "../values/value.ts";
import { option, textArgument, textOf, textOfPresent } from "./arguments.ts";

export const encodingHelpers: Helpers = new Map<string, Helper>([
  ["trim", (context, call) => javaTrim(bodyOrText(context, call))],
  ["base64", base64],
  ["urlEncode", urlEncode],
  ["formData", formData],
]);

function bodyOrText(context: Value, call: HelperCall): string {
  return call.isBlock ? call.body(context) : textOfPresent(context, call);
}

function base64(context: Value, call: HelperCall): Value {
  const text = bodyOrText(context, call);
  call.rendering.budget.text(text.length * 2);
  if (option(call, "decode") === true) return decodeBase64(text);
  const encoded = Buffer.from(text).toString("base64");
  const padding = option(call, "padding");
  return padding === null || padding === true ? encoded : encoded.replace(/={1,2}$/, "");
}

/** As strict as Java's basic decoder: no line ends, padding whole or absent. */
function decodeBase64(text: string): string {
  const refuse = (reason: string) => illegalArgument(reason);
  if (text.length === 1) throw refuse("Input byte[] should at least have 2 bytes for base64 bytes");
  const digits = /^[A-Za-z0-9+/]*/.exec(text)?.[0].length ?? 0;
  const rest = digits % 4;
  if (digits < text.length && text[digits] !== "=") {
    const code = text.charCodeAt(digits);
    throw refuse(`Illegal base64 character ${(code > 0xff ? 0x3f : code).toString(16)}`);
  }
  if (digits < text.length && (rest < 2 || (rest === 2 && text[digits + 1] !== "="))) {
    throw refuse("Input byte array has wrong 4-byte ending unit");
  }
  if (rest === 1) throw refuse("Last unit does not have enough valid bits");
  const end = digits < text.length ? digits + 4 - rest : digits;
  if (end < text.length) throw refuse(`Input byte array has incorrect ending byte at ${end}`);
  return Buffer.from(text, "base64").toString();
}

function urlEncode(context: Value, call: HelperCall): Value {
  const given = option(call, "encoding");
  const charset = charsetOf(given === null ? "utf-8" : textOf(given, call), "java.io.IOException: ");
  const text = textOfPresent(context, call);
  call.rendering.budget.text(text.length * 3);
  return option(call, "decode") === true ? decodeUrl(text, charset) : encodeUrl(text, charset);
}

type Charset = "utf8" | "latin1" | "ascii" | "utf16le";

const CHARSETS: ReadonlyMap<string, Charset> = new Map([
  ["utf-8", "utf8"],
  ["utf8", "utf8"],
  ["iso-8859-1", "latin1"],
  ["latin1", "latin1"],
  ["us-ascii", "ascii"],
  ["ascii", "ascii"],
  ["utf-16le", "utf16le"],
]);

function charsetOf(name: string, wrapped = ""): Charset {
  const charset = CHARSETS.get(name.toLowerCase());
  if (charset) return charset;
  throw wrapped === ""
    ? new JavaException("java.io.UnsupportedEncodingException", name)
    : new JavaException("java.io.IOException", `java.io.UnsupportedEncodingException: ${name}`);
}

/** application/x-www-form-urlencoded as java.net.URLEncoder writes it. */
function encodeUrl(text: string, charset: Charset): string {
  return text.replace(/[^a-zA-Z0-9.\-*_]+/gu, (part) => [...part].map((char) => (char === " " ? "+" : percent(char, charset))).join(""));
}

function percent(char: string, charset: Charset): string {
  const limit = charset === "ascii" ? 0x7f : charset === "latin1" ? 0xff : 0x10ffff;
  const bytes = Buffer.from((char.codePointAt(0) ?? 0) > limit ? "?" : char, charset);
  return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}

function decodeUrl(text: string, charset: Charset): string {
  return text.replaceAll("+", " ").replace(/(?:%[^%]{0,2})+/g, (part) => decodePercents(part, charset));
}

/** A run of `%XX`, with what follows it. */
function decodePercents(part: string, charset: Charset): string {
  const bytes: number[] = [];
  let at = 0;
  while (part[at] === "%") {
    const hex = part.slice(at + 1, at + 3);
    if (hex.length < 2) throw illegalArgument("URLDecoder: Incomplete trailing escape (%) pattern");
    if (!/^[0-9a-fA-F]{2}$/.test(hex)) {
      const wrong = /[0-9a-fA-F]/.test(hex[0] ?? "") ? 1 : 0;
      throw illegalArgument(`URLDecoder: Illegal hex characters in escape (%) pattern - Error at index ${wrong} in: "${hex}"`);
    }
    bytes.push(Number.parseInt(hex, 16));
    at += 3;
  }
  return Buffer.from(bytes).toString(charset) + part.slice(at);
}

/** `{{formData body 'form' urlDecode=true}}`: fields by name, each with all its values. */
function formData(context: Value, call: HelperCall): Value {
  const text = textOfPresent(context, call);
  const decode = option(call, "urlDecode") === true;
  const encoding = option(call, "encoding");
  const charset = encoding === null ? "utf8" : undefined;
  const fields = new Map<string, string[]>();
  for (const field of text.split("&")) {
    call.rendering.budget.step();
    const [name = "", given] = javaSplit(field);
    if (given === undefined) continue;
    const trimmed = javaTrim(given);
    const value = decode ? decodeUrl(trimmed, charset ?? charsetOf(textOf(encoding, call))) : trimmed;
    const values = fields.get(name);
    if (values) values.push(value);
    else fields.set(name, [value]);
  }
  const form = new MapValue(new Map([...fields].map(([name, values]) => [name, listOrSingle(values)])));
  const [variable] = call.params;
  if (variable === undefined) return form;
  const name = textArgument(variable);
  if (name !== null) call.scope.variables.set(name, form);
  return null;
}

/** String.split("="): empty parts at the end are dropped. */
function javaSplit(field: string): string[] {
  const parts = field.split("=");
  while (parts.length > 1 && parts.at(-1) === "") parts.pop();
  return parts;
}
