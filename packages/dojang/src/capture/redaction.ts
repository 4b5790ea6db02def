import { createHash } from "node:crypto";
import type { Header } from "@dojang/model";

/**
 * Secrets leave a transaction before it is stored: what is never kept cannot leak from a report. A secret becomes
 * `[redacted:ab12]`, where `ab12` is a short stable hash, so that one can still see that two requests used the same token.
 */
export interface RedactionRules {
  /** Lower-case header names whose whole value is secret. */
  readonly headers: readonly string[];
  /** Names of JSON members, form fields and query parameters, matched without case, `-` and `_`, also as the end of a longer name. */
  readonly fields: readonly string[];
  /** Secret values known beforehand (an environment's secrets): replaced wherever they appear. */
  readonly values: readonly string[];
}

export const defaultRedaction: RedactionRules = {
  headers: ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token", "x-csrf-token"],
  fields: [
    "password",
    "passwd",
    "token",
    "secret",
    "apikey",
    "privatekey",
    "passphrase",
    "authorization",
    "otp",
    "cvv",
    "cardnumber",
    "ssn",
  ],
  values: [],
};

export interface Redactor {
  readonly headers: (headers: readonly Header[]) => Header[];
  readonly url: (url: string) => string;
  readonly text: (text: string) => string;
}

export function redactor(partial: Partial<RedactionRules> = {}): Redactor {
  const rules = { ...defaultRedaction, ...partial };
  const secretHeaders = new Set(rules.headers);
  // Longest first, so that a secret that contains another is replaced whole; very short values would eat ordinary text.
  const values = rules.values.filter((value) => value.length >= 4).sort((a, b) => b.length - a.length);
  const field = fieldPattern(rules.fields);
  const withoutValues = (text: string) => values.reduce((rest, value) => rest.replaceAll(value, marker(value)), text);
  const text = (body: string) => withoutValues(redactMultipart(redactForm(redactJson(body, field), field), field));
  return {
    headers: (headers) =>
      headers.map(({ name, value }) => ({
        name,
        value: secretHeaders.has(name.toLowerCase()) ? redactHeader(name.toLowerCase(), value) : withoutValues(value),
      })),
    url: (url) => withoutValues(redactQuery(url, field)),
    text,
  };
}

export function marker(secret: string): string {
  return `[redacted:${createHash("sha256").update(`dojang redaction\0${secret}`).digest("hex").slice(0, 4)}]`;
}

/** `access_token`, `X-Api-Key`, `userPassword`: the name ends in a secret word once separators are gone. */
function fieldPattern(fields: readonly string[]): string {
  const words = fields.map((word) => [...word].map((letter) => letter.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("[-_]?"));
  return `[\\w.\\-\\[\\]]{0,64}?(?:${words.join("|")})`;
}

function redactHeader(name: string, value: string): string {
  if (name === "cookie") return value.replace(/([^=;\s]+)=([^;]*)/g, (_, key: string, secret: string) => `${key}=${marker(secret)}`);
  if (name === "set-cookie") return value.replace(/^([^=;]+)=([^;]*)/, (_, key: string, secret: string) => `${key}=${marker(secret)}`);
  const scheme = /^(Bearer|Basic|Digest|Token|Negotiate|AWS4-HMAC-SHA256)\s+(.+)$/i.exec(value);
  return scheme ? `${scheme[1]} ${marker(scheme[2] ?? "")}` : marker(value);
}

/** Works on text, not on a parsed value: formatting stays, and a body that was cut in the middle is redacted too. */
function redactJson(text: string, field: string): string {
  const value = `"(?:[^"\\\\]|\\\\[\\s\\S])*"?|-?\\d[\\d.eE+-]*|\\[[^\\[\\]{}]*\\]?`;
  return text.replace(new RegExp(`("${field}"\\s*:\\s*)(${value})`, "gi"), (_, name: string, secret: string) => {
    return `${name}"${marker(secret.replace(/^"|"$/g, ""))}"`;
  });
}

function redactForm(text: string, field: string): string {
  if (!/^[^\s{<"]{1,200}=/.test(text)) return text;
  return text.replace(new RegExp(`(^|&)(${field})=([^&\\s]*)`, "gi"), (_, before: string, name: string, secret: string) => {
    return `${before}${name}=${marker(secret)}`;
  });
}

function redactMultipart(text: string, field: string): string {
  if (!text.startsWith("--")) return text;
  const part = new RegExp(`(name="${field}"[^\\r\\n]*(?:\\r\\n[^\\r\\n]+)*\\r\\n\\r\\n)([\\s\\S]*?)(?=\\r\\n--|$)`, "gi");
  return text.replace(part, (_, head: string, secret: string) => `${head}${marker(secret)}`);
}

function redactQuery(url: string, field: string): string {
  const withoutUser = url.replace(/^(\w+:\/\/)([^/?#@]+)@/, (_, scheme: string, user: string) => `${scheme}${marker(user)}@`);
  return withoutUser.replace(new RegExp(`([?&])(${field})=([^&#]*)`, "gi"), (_, before: string, name: string, secret: string) => {
    return `${before}${name}=${marker(secret)}`;
  });
}
