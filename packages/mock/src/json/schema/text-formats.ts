import { checkRegex } from "../../regex/safe-regex.ts";
import { isDateFormat, isDateTimeFormat, isTimeFormat } from "./date-formats.ts";
import { isEmail, isHostName, isInternationalHostName } from "./host-formats.ts";
import { isByte, isIpv4, isIpv6, isOldIpv4 } from "./ip-formats.ts";
import { isIri, isIriReference, isUri, isUriReference } from "./uri-formats.ts";

/** Longer texts are of no format. */
const MAX_LENGTH = 100_000;

type TextTest = (text: string) => boolean;

/** Formats that WireMock's validator knows, as it reads them. Others say nothing. */
export const textFormats: Readonly<Record<string, TextTest>> = bounded({
  date: isDateFormat,
  "date-time": isDateTimeFormat,
  time: isTimeFormat,
  duration: isDuration,
  email: isEmail,
  "idn-email": isEmail,
  hostname: isHostName,
  "idn-hostname": isInternationalHostName,
  ipv4: isIpv4,
  "ip-address": isOldIpv4,
  ipv6: isIpv6,
  uri: isUri,
  "uri-reference": isUriReference,
  iri: isIri,
  "iri-reference": isIriReference,
  "uri-template": isUriTemplate,
  uuid: (text) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
  "json-pointer": isJsonPointer,
  "relative-json-pointer": (text) => {
    const start = /^(?:0|[1-9]\d*)/.exec(text)?.[0].length;
    return start !== undefined && (text.slice(start) === "#" || isJsonPointer(text.slice(start)));
  },
  regex: (text) => checkRegex(text) === undefined,
  alpha: (text) => /^[A-Za-z]+$/.test(text),
  alphanumeric: (text) => /^[A-Za-z0-9]+$/.test(text),
  color: isColor,
  phone: (text) => /^\+(?:\d ?){6,14}\d$/.test(text),
  style: (text) => /^\s*[^\n\r\u0085\u2028\u2029]+?:\s*[^;]+;?$/.test(text.slice(0, 2000)),
  "utc-millisec": (text) => /^\d+(?:\.\d+)?$/.test(text),
});

function bounded(tests: Readonly<Record<string, TextTest>>): Readonly<Record<string, TextTest>> {
  return Object.fromEntries(
    Object.entries(tests).map(([name, test]): [string, TextTest] => [name, (text) => text.length <= MAX_LENGTH && test(text)]),
  );
}

function isDuration(text: string): boolean {
  if (/[PT]$/.test(text)) return false;
  return /^P\d+W$/i.test(text) || /^P(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+S)?)?$/i.test(text);
}

function isJsonPointer(text: string): boolean {
  return text === "" || (text.startsWith("/") && !/#|~(?![01])/.test(text));
}

const COLORS =
  /^(?:aqua|black|blue|fuchsia|gr[ae]y|green|lime|maroon|navy|olive|orange|purple|red|silver|teal|white|yellow|#?[0-9A-Fa-f]{3,6})$/;

function isColor(text: string): boolean {
  if (COLORS.test(text)) return text !== "grey";
  const [, inner] = /^rgb\((.*)\)$/.exec(text) ?? [];
  const parts = inner?.split(",", 4).map((part) => part.trim()) ?? [];
  const areBytes = parts.every((part) => isByte(part));
  return parts.length === 3 && (areBytes || parts.every((part) => /^(?:\d?\d%|100%)+$/.test(part)));
}

const TEMPLATE_NAME = /^(?:\w|%[0-9A-Fa-f]{2})(?:\.?(?:\w|%[0-9A-Fa-f]{2}))*(?::[1-9]\d{0,3}|\*)?$/;

/** RFC 6570. */
function isUriTemplate(text: string): boolean {
  const literals = text.replace(/\{([^{}]*)\}/g, (all, expression: string) => {
    const names = /^[+#./;?&=,!@|]/.test(expression) ? expression.slice(1) : expression;
    return names.split(",").every((name) => TEMPLATE_NAME.test(name)) ? "" : all;
  });
  return !/[\u0000-\u001f\u007f"'<>\\^`{|}]|%(?![0-9A-Fa-f]{2})/.test(literals);
}
