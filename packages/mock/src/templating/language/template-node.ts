import type { Value } from "../values/value.ts";
import type { Path } from "./path.ts";
import type { Place } from "./template-error.ts";

/** A compiled template: plain data, evaluated by `evaluation/render.ts`. No code is ever generated from template text. */
export type TemplateNode = TextNode | VariableNode | BlockNode | PartialNode | InlinePartialNode;

export interface TextNode {
  readonly kind: "text";
  readonly text: string;
}

/** A name with arguments: `size list` of `{{size list}}`, `(size list)` and `{{#size list}}`. */
export interface Call extends Place {
  readonly name: string;
  readonly path: Path;
  readonly params: readonly Argument[];
  readonly hash: ReadonlyMap<string, Argument>;
}

export type Argument =
  | { readonly kind: "literal"; readonly value: Value }
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "call"; readonly call: Call };

export interface VariableNode {
  readonly kind: "variable";
  readonly call: Call;
}

export interface BlockNode {
  readonly kind: "block";
  readonly call: Call;
  /** `{{^x}}`. */
  readonly inverted: boolean;
  readonly blockParams: readonly string[];
  readonly body: readonly TemplateNode[];
  readonly inverse: readonly TemplateNode[];
}

/** `{{> name}}`, `{{> (name-of)}}`, `{{#> name}}…{{/name}}`. */
export interface PartialNode extends Place {
  readonly kind: "partial";
  readonly name: string | Call;
  /** What the partial sees as `this`. */
  readonly model: Path;
  readonly hash: ReadonlyMap<string, Argument>;
  /** What stands between `{{#> name}}` and its end. */
  readonly block: readonly TemplateNode[] | undefined;
}

/** `{{#*inline "name"}}…{{/inline}}`. */
export interface InlinePartialNode extends Place {
  readonly kind: "inlinePartial";
  readonly params: readonly Argument[];
  readonly body: readonly TemplateNode[];
}

export interface CompiledTemplate {
  /** The name in messages. */
  readonly name: string;
  readonly nodes: readonly TemplateNode[];
}
