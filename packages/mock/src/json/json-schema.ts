import { Ajv, type Options } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import draft06 from "ajv/dist/refs/json-schema-draft-06.json" with { type: "json" };
import Ajv04Module from "ajv-draft-04";
import addFormatsModule from "ajv-formats";
import type { SchemaVersion } from "../mapping/stub-mapping.ts";
import { compileRegex } from "../regex/safe-regex.ts";

export interface SchemaViolation {
  /** JSON pointer into the value. */
  readonly pointer: string;
  readonly message: string;
  readonly keyword: string;
}

/** A compiled JSON Schema. Never throws and never runs longer than a bounded time. */
export interface JsonSchema {
  readonly version: SchemaVersion;
  isValid(value: unknown): boolean;
  /** All violations, at most `limit` (default 1000). */
  violations(value: unknown, limit?: number): readonly SchemaViolation[];
}

/** Thrown by `compileJsonSchema` for a schema that cannot be used; `checkJsonSchema` gives its message instead. */
export class JsonSchemaError extends Error {
  override readonly name = "JsonSchemaError";
}

/** Draft 2019-09 made `format` an annotation; before it, it was asserted, and WireMock's validator does both accordingly. */
const assertsFormat: ReadonlySet<SchemaVersion> = new Set(["V4", "V6", "V7"]);

const versionsByAddress: readonly (readonly [RegExp, SchemaVersion])[] = [
  [/draft-04/, "V4"],
  [/draft-06/, "V6"],
  [/draft-07/, "V7"],
  [/2019-09/, "V201909"],
  [/2020-12/, "V202012"],
];

/** Compiles once; keep the result. Nothing is fetched: a `$ref` out of the schema is refused. Throws `JsonSchemaError`. */
export function compileJsonSchema(schema: unknown, version: SchemaVersion = "V202012"): JsonSchema {
  if (typeof schema !== "boolean" && (typeof schema !== "object" || schema === null || Array.isArray(schema))) {
    throw new JsonSchemaError(`a schema is an object or a boolean, got ${JSON.stringify(schema)?.slice(0, 60)}`);
  }
  const own = ownVersion(schema) ?? version;
  try {
    const validate = validatorFor(own).compile(withoutAddress(schema));
    return {
      version: own,
      isValid: (value) => bounded(() => validate(value) === true, false),
      violations: (value, limit = 1000) =>
        bounded(() => {
          if (validate(value) === true) return [];
          return (validate.errors ?? [])
            .slice(0, limit)
            .map(({ instancePath, message = "", keyword }) => ({ pointer: instancePath, message, keyword }));
        }, [{ pointer: "", message: "could not be validated", keyword: "" }]),
    };
  } catch (error) {
    throw new JsonSchemaError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** A schema that calls itself without end ends the stack; the value then is not valid. */
function bounded<Result>(validate: () => Result, otherwise: Result): Result {
  try {
    return validate();
  } catch (error) {
    if (error instanceof RangeError) return otherwise;
    throw error;
  }
}

/** `$schema` says which draft it is written in. */
function ownVersion(schema: object | boolean): SchemaVersion | undefined {
  const address: unknown = typeof schema === "object" && "$schema" in schema ? schema.$schema : undefined;
  return typeof address === "string" ? versionsByAddress.find(([pattern]) => pattern.test(address))?.[1] : undefined;
}

/** The address of the meta-schema was read above; one that nobody knows must not stop the schema. */
function withoutAddress(schema: object | boolean): object | boolean {
  if (typeof schema === "boolean" || !("$schema" in schema)) return schema;
  const { $schema: _address, ...rest } = schema;
  return rest;
}

/** ajv's default exports are CommonJS modules: their types name the class twice. */
const Ajv04 = Ajv04Module as unknown as typeof Ajv;
const addFormats = addFormatsModule as unknown as (ajv: Ajv) => void;

function validatorFor(version: SchemaVersion): Ajv {
  const ajv = createAjv(version);
  if (version === "V6") ajv.addMetaSchema(draft06);
  for (const keyword of notYet[version] ?? []) ajv.removeKeyword(keyword);
  addFormats(ajv);
  ajv.addFormat("regex", isJavaRegex);
  // RFC 3986 4.2: a colon before the first slash ends a scheme, which begins with a letter.
  ajv.addFormat("uri-reference", (text) => !/[\s<>"{}|\\^`]/.test(text) && (!/^[^/?#]*:/.test(text) || /^[a-z][a-z0-9+.-]*:/i.test(text)));
  return ajv;
}

/** What a draft does not know yet it ignores; ajv knows it in all of them. */
const notYet: Readonly<Partial<Record<SchemaVersion, readonly string[]>>> = {
  V4: ["const", "contains", "propertyNames", "if", "then", "else"],
  V6: ["if", "then", "else"],
};

function isJavaRegex(text: string): boolean {
  try {
    compileRegex(text);
    return true;
  } catch {
    return false;
  }
}

function createAjv(version: SchemaVersion): Ajv {
  const options: Options = {
    strict: false,
    allErrors: true,
    logger: false,
    // What a schema's own meta-schema would say is said when it is compiled.
    validateSchema: false,
    addUsedSchema: false,
    validateFormats: assertsFormat.has(version),
    code: { regExp: safeRegExp },
  };
  if (version === "V4") return new Ajv04(options);
  if (version === "V201909") return new Ajv2019(options);
  return version === "V202012" ? new Ajv2020(options) : new Ajv(options);
}

/** `code` is only for writing validators to files. */
const safeRegExp = Object.assign(
  (pattern: string) => {
    const regex = compileRegex(pattern);
    return { test: (text: string) => regex.find(text) };
  },
  { code: "safeRegExp" },
);
