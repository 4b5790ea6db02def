import type { TemplateNode } from "../language/template-node.ts";
import type { Value } from "../values/value.ts";
import type { NamedBody } from "./helper.ts";
import type { RenderBudget } from "./render-budget.ts";
import type { RenderCache } from "./render-cache.ts";

/** What helpers may know of the world outside a template. */
export interface TemplateWorld {
  nowMs(): number;
  /** At least 0, below 1. */
  random(): number;
  uuid(): string;
  hostname(): string;
  /** Of the process environment; undefined when there is none. Asked only for keys that are permitted. */
  environment(key: string): string | undefined;
  isPermittedSystemKey(key: string): boolean;
}

/** One rendering of one template: its bounds, and what its parts share. */
export interface Rendering {
  readonly template: string;
  readonly budget: RenderBudget;
  readonly world: TemplateWorld;
  /** Shared by all templates of one response. */
  readonly cache: RenderCache;
  /** `{{#*inline}}` in reach. */
  inlinePartials: ReadonlyMap<string, InlinePartial>;
  /** What `{{#partial}}` defined. */
  readonly namedBodies: Map<string, { readonly body: NamedBody; readonly isBlock: boolean; readonly hash: ReadonlyMap<string, Value> }>;
  depth: number;
}

/** The nodes of an inline partial, or of the block of `{{#> name}}` with the block that was in reach where it stands. */
export interface InlinePartial {
  readonly nodes: readonly TemplateNode[];
  readonly outerBlock?: InlinePartial | undefined;
}
