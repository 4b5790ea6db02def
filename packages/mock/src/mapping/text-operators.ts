import { checkRegex } from "../regex/safe-regex.ts";
import { type At, below, type MappingReader, shown } from "./mapping-reader.ts";
import type { ValuePattern } from "./stub-mapping.ts";
import { type Fields, lenientFlag, type Operator, operand, operator } from "./value-operator.ts";

export function textOperator<Kind extends "contains" | "doesNotContain" | "matchesPathTemplate">(kind: Kind): Operator {
  return operator((fields, at, { reader }) => {
    const value = operand(kind, fields, at, reader);
    return value === undefined ? undefined : { kind, value };
  });
}

export function regexOperator(kind: "matches" | "doesNotMatch"): Operator {
  return operator((fields, at, { reader }) => {
    const value = operand(kind, fields, at, reader);
    if (value === undefined) return undefined;
    const wrong = checkRegex(value, { dotAll: true });
    if (wrong !== undefined) return reportRegex(wrong, value, below(at, kind), reader);
    return { kind, value };
  });
}

export function reportRegex(wrong: string, source: string, at: At, reader: MappingReader): undefined {
  const fix = "correct the regular expression (a backslash is written twice in JSON)";
  return reader.error(at, "bad-value", `${shown(source)} is no regular expression: ${wrong}`, fix, wrong);
}

export const equalToOperator = operator(
  (fields, at, { reader }) => {
    const value = operand("equalTo", fields, at, reader);
    const caseInsensitive = lenientFlag("caseInsensitive", fields);
    return value === undefined ? undefined : { kind: "equalTo", value, ...(caseInsensitive !== undefined && { caseInsensitive }) };
  },
  ["caseInsensitive"],
);

export const absentOperator = operator((fields, at, { reader }) => {
  if (fields.absent === false) {
    const message = "`absent: false` means absent too: its value is not looked at";
    reader.warn(below(at, "absent"), "ignored-field", message, 'write {"not": {"absent": true}} for what has to be there');
  }
  return { kind: "absent" };
});

export const anythingOperator = operator((fields, at, { reader }) =>
  operand("anything", fields, at, reader) === undefined ? undefined : { kind: "anything" },
);

/** Of bodies alone. */
export function readBinaryEqualTo(fields: Fields, at: At, reader: MappingReader): ValuePattern | undefined {
  const base64 = operand("binaryEqualTo", fields, at, reader);
  if (base64 === undefined) return undefined;
  const canonical = canonicalBase64(base64);
  if (canonical !== undefined) return { kind: "binaryEqualTo", base64: canonical };
  return reader.error(
    below(at, "binaryEqualTo"),
    "bad-value",
    `${shown(base64)} is no Base64`,
    "encode the bytes as Base64 (A-Z a-z 0-9 + /)",
  );
}

/** The bytes as Base64 with padding; undefined for what Java's decoder refuses. */
export function canonicalBase64(text: string): string | undefined {
  const match = /^([A-Za-z0-9+/]*)(={0,2})$/.exec(text);
  if (!match) return undefined;
  const [, digits = "", padding = ""] = match;
  if (digits.length % 4 === 1 || (padding !== "" && (digits.length + padding.length) % 4 !== 0)) return undefined;
  return Buffer.from(digits, "base64").toString("base64");
}
