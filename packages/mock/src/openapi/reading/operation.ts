import type { DocumentNode } from "../documents/document-node.ts";
import type { OpenApiDocument } from "../documents/openapi-document.ts";

/** An operation of a document, references followed, defaults filled in. Schemas stay nodes: they may be circular. */
export interface Operation {
  readonly document: OpenApiDocument;
  /** Upper case. */
  readonly method: string;
  /** As the document has it, without a server's base path. */
  readonly template: string;
  readonly node: DocumentNode;
  /** `GET /things/{id}`, for people. */
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody: RequestBody | undefined;
  /** In the order written. */
  readonly responses: readonly DeclaredResponse[];
  readonly responsesNode: DocumentNode;
  /** One of them has to be satisfied; an empty list asks for nothing. */
  readonly security: readonly SecurityRequirement[];
}

export type ParameterPlace = "path" | "query" | "header" | "cookie";

export type ParameterStyle = "simple" | "label" | "matrix" | "form" | "spaceDelimited" | "pipeDelimited" | "deepObject";

export interface Parameter {
  readonly name: string;
  readonly in: ParameterPlace;
  readonly required: boolean;
  readonly style: ParameterStyle;
  readonly explode: boolean;
  readonly allowEmptyValue: boolean;
  readonly node: DocumentNode;
  readonly schema: DocumentNode | undefined;
  /** Instead of a schema: the value is a document of this type. */
  readonly content: MediaType | undefined;
}

export interface MediaType {
  /** Lower case, parameters kept: `application/json; charset=utf-8`, or a range: `image/*`. */
  readonly type: string;
  readonly node: DocumentNode;
  readonly schema: DocumentNode | undefined;
  readonly encoding: ReadonlyMap<string, Encoding>;
  readonly examples: readonly NamedExample[];
}

/** How one property of a form is written. */
export interface Encoding {
  readonly contentType: string | undefined;
  readonly style: ParameterStyle | undefined;
  readonly explode: boolean | undefined;
}

export interface NamedExample {
  /** Undefined for the single `example`. */
  readonly name: string | undefined;
  /** Undefined when the value stands elsewhere (`externalValue`): nothing is fetched. */
  readonly value: DocumentNode | undefined;
}

export interface RequestBody {
  readonly node: DocumentNode;
  readonly required: boolean;
  readonly content: readonly MediaType[];
}

export interface DeclaredResponse {
  /** `200`, `2XX` or `default`. */
  readonly code: string;
  readonly node: DocumentNode;
  readonly headers: readonly DeclaredHeader[];
  readonly content: readonly MediaType[];
}

export interface DeclaredHeader {
  readonly name: string;
  readonly required: boolean;
  readonly explode: boolean;
  readonly node: DocumentNode;
  readonly schema: DocumentNode | undefined;
  readonly content: MediaType | undefined;
  readonly examples: readonly NamedExample[];
}

/** All schemes together. */
export interface SecurityRequirement {
  readonly node: DocumentNode;
  readonly schemes: readonly SecurityScheme[];
}

export type SecurityScheme =
  | { readonly kind: "apiKey"; readonly name: string; readonly key: string; readonly in: "header" | "query" | "cookie" }
  /** `scheme` in lower case: basic, bearer, digest... OAuth 2 and OpenID Connect are a bearer token as far as one request shows. */
  | { readonly kind: "http"; readonly name: string; readonly scheme: string }
  /** Client certificates: what the TLS layer has settled. */
  | { readonly kind: "mutualTls"; readonly name: string };
