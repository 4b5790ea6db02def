/**
 * The stub format on the wire and in files, as WireMock 3.13 has it (schemas/wiremock-stub-mapping.json in its standalone jar),
 * plus the extensions marked as such. Parsed once by `parse-stub-mapping.ts`; inside, these types are trusted.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export interface StubMapping {
  /** UUID. Answered both as `id` and `uuid`. */
  readonly id: string;
  readonly name?: string;
  readonly request: RequestPattern;
  readonly response: ResponseDefinition;
  /** Extension: a sequence of responses instead of one `response`. `response` is then its first. */
  readonly responses?: readonly ResponseDefinition[];
  /** Extension: what follows the last of `responses`: the last again (default), the first again, or no match. */
  readonly afterLast?: "last" | "first" | "unmatched";
  readonly persistent?: boolean;
  /** 1 is asked first; 5 when absent. Among equals the newest wins. */
  readonly priority?: number;
  readonly scenarioName?: string;
  readonly requiredScenarioState?: string;
  readonly newScenarioState?: string;
  readonly serveEventListeners?: readonly ServeEventListenerDefinition[];
  readonly metadata?: JsonObject;
}

/** What a listener without parameters has: one that has empty ones is printed with them. */
export const noParameters: JsonObject = Object.freeze({});

/** `postServeActions` (map or list) and `serveEventListeners` of a file both become this. */
export interface ServeEventListenerDefinition {
  readonly name: string;
  readonly requestPhases?: readonly string[];
  /** `noParameters` where none were given. */
  readonly parameters: JsonObject;
  /** Given under `postServeActions`: admin answers repeat it there. */
  readonly postServeAction?: true;
}

export type UrlPattern =
  | { readonly kind: "any" }
  | { readonly kind: "url" | "urlPattern" | "urlPath" | "urlPathPattern" | "urlPathTemplate"; readonly value: string };

export interface RequestPattern {
  readonly url: UrlPattern;
  readonly scheme?: string;
  readonly host?: ValuePattern;
  readonly port?: number;
  readonly clientIp?: ValuePattern;
  /** A name in upper case, or one of several (`{"oneOf": []}`, `{"noneOf": []}`: WireMock 4). `GET_OR_HEAD` is a name that stands for both. */
  readonly method: MethodPattern;
  readonly pathParameters?: Readonly<Record<string, ValuePattern>>;
  readonly queryParameters?: Readonly<Record<string, MultiValuePattern>>;
  readonly formParameters?: Readonly<Record<string, MultiValuePattern>>;
  readonly headers?: Readonly<Record<string, MultiValuePattern>>;
  readonly cookies?: Readonly<Record<string, ValuePattern>>;
  readonly basicAuthCredentials?: { readonly username: string; readonly password: string };
  readonly bodyPatterns?: readonly ValuePattern[];
  readonly multipartPatterns?: readonly MultipartPattern[];
  readonly customMatcher?: { readonly name: string; readonly parameters?: JsonObject };
}

export type MethodPattern =
  | { readonly kind: "any" }
  | { readonly kind: "one"; readonly name: string }
  | { readonly kind: "oneOf" | "noneOf"; readonly names: readonly string[] };

export interface MultipartPattern {
  readonly name?: string;
  readonly fileName?: string;
  /** ANY when absent. */
  readonly matchingType?: "ALL" | "ANY";
  readonly headers?: Readonly<Record<string, MultiValuePattern>>;
  readonly bodyPatterns?: readonly ValuePattern[];
}

export type MultiValuePattern =
  | ValuePattern
  | { readonly kind: "hasExactly"; readonly patterns: readonly ValuePattern[] }
  | { readonly kind: "includes"; readonly patterns: readonly ValuePattern[] };

/** A content pattern: what one value, or a body, has to be. */
export type ValuePattern =
  | { readonly kind: "absent" }
  | { readonly kind: "anything" }
  | { readonly kind: "equalTo"; readonly value: string; readonly caseInsensitive?: boolean }
  | { readonly kind: "binaryEqualTo"; readonly base64: string }
  | { readonly kind: "contains" | "doesNotContain" | "matches" | "doesNotMatch"; readonly value: string }
  /** Matches what `compilePathTemplate(value)` matches. */
  | { readonly kind: "matchesPathTemplate"; readonly value: string }
  | {
      readonly kind: "equalToJson";
      readonly value: string;
      /** Whether the file gave a JSON value or a string of JSON: admin answers repeat what was given. */
      readonly given: "json" | "string";
      readonly ignoreArrayOrder?: boolean;
      readonly ignoreExtraElements?: boolean;
    }
  | { readonly kind: "matchesJsonPath"; readonly expression: string; readonly inner?: ValuePattern }
  | {
      readonly kind: "matchesJsonSchema";
      readonly schema: string;
      readonly given: "json" | "string";
      readonly schemaVersion?: SchemaVersion;
    }
  | {
      readonly kind: "equalToXml";
      readonly value: string;
      readonly enablePlaceholders?: boolean;
      readonly placeholderOpeningDelimiterRegex?: string;
      readonly placeholderClosingDelimiterRegex?: string;
      readonly exemptedComparisons?: readonly string[];
      readonly ignoreOrderOfSameNode?: boolean;
      readonly namespaceAwareness?: "LEGACY" | "STRICT" | "NONE";
    }
  | {
      readonly kind: "matchesXPath";
      readonly expression: string;
      readonly xPathNamespaces?: Readonly<Record<string, string>>;
      readonly inner?: ValuePattern;
    }
  | {
      readonly kind: "before" | "after" | "equalToDateTime";
      readonly value: string;
      readonly actualFormat?: string;
      readonly truncateExpected?: string;
      readonly truncateActual?: string;
      readonly applyTruncationLast?: boolean;
      readonly expectedOffset?: number;
      readonly expectedOffsetUnit?: string;
    }
  | { readonly kind: "and" | "or"; readonly patterns: readonly ValuePattern[] }
  | { readonly kind: "not"; readonly pattern: ValuePattern };

export type SchemaVersion = "V4" | "V6" | "V7" | "V201909" | "V202012";

export interface ResponseDefinition {
  readonly status: number;
  readonly statusMessage?: string;
  /** In the order given; several values make several header lines. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: ResponseBody;
  readonly fault?: Fault;
  readonly fixedDelayMilliseconds?: number;
  readonly delayDistribution?: DelayDistribution;
  readonly chunkedDribbleDelay?: { readonly numberOfChunks: number; readonly totalDuration: number };
  readonly proxyBaseUrl?: string;
  readonly proxyUrlPrefixToRemove?: string;
  readonly additionalProxyRequestHeaders?: Readonly<Record<string, string | readonly string[]>>;
  readonly removeProxyRequestHeaders?: readonly string[];
  readonly transformers?: readonly string[];
  readonly transformerParameters?: JsonObject;
  readonly fromConfiguredStub?: boolean;
}

export type ResponseBody =
  /** `json` marks the text that a templated `jsonBody` became: admin answers show it as JSON again. */
  | { readonly kind: "body"; readonly text: string; readonly json?: true }
  | { readonly kind: "jsonBody"; readonly value: Json }
  | { readonly kind: "base64Body"; readonly base64: string }
  | { readonly kind: "bodyFileName"; readonly name: string };

export type Fault = "CONNECTION_RESET_BY_PEER" | "EMPTY_RESPONSE" | "MALFORMED_RESPONSE_CHUNK" | "RANDOM_DATA_THEN_CLOSE";

export type DelayDistribution =
  | { readonly type: "lognormal"; readonly median: number; readonly sigma: number; readonly maxValue?: number }
  | { readonly type: "uniform"; readonly lower: number; readonly upper: number }
  | { readonly type: "fixed"; readonly milliseconds: number };
