import { compilePath } from "../language/path.ts";
import { type Place, TemplateError } from "../language/template-error.ts";
import type { Argument, BlockNode, Call, PartialNode, TemplateNode } from "../language/template-node.ts";
import { illegalArgument, JavaException } from "../values/java-exception.ts";
import { textOf } from "../values/java-text.ts";
import { ListValue, MapValue, type Value } from "../values/value.ts";
import type { Helper, HelperCall, Helpers } from "./helper.ts";
import { RenderLimitError } from "./render-budget.ts";
import type { InlinePartial, Rendering } from "./rendering.ts";
import type { Scope } from "./scope.ts";

/**
 * Evaluates a compiled template: walks its nodes, looks names up in scopes, calls helpers. Every node counts against the budget and
 * nesting is bounded, so that a template ends whatever it says. Errors of helpers become TemplateErrors of the place that called.
 */
export class Renderer {
  readonly #helpers: Helpers;
  readonly #rendering: Rendering;

  constructor(helpers: Helpers, rendering: Rendering) {
    this.#helpers = helpers;
    this.#rendering = rendering;
  }

  render(nodes: readonly TemplateNode[], scope: Scope): string {
    const outer = this.#rendering.inlinePartials;
    this.#rendering.inlinePartials = this.#withInlines(nodes, scope);
    this.#deeper();
    let text = "";
    for (const node of nodes) {
      this.#rendering.budget.step();
      text += this.#node(node, scope);
      if (text.length > this.#rendering.budget.limits.maxOutputChars) this.#rendering.budget.text(text.length);
    }
    this.#rendering.depth -= 1;
    this.#rendering.inlinePartials = outer;
    return text;
  }

  #deeper(): void {
    this.#rendering.depth += 1;
    if (this.#rendering.depth > MAX_DEPTH) throw new RenderLimitError(`the template nests deeper than ${MAX_DEPTH} levels`);
  }

  #withInlines(nodes: readonly TemplateNode[], scope: Scope): ReadonlyMap<string, InlinePartial> {
    let inlines: Map<string, InlinePartial> | undefined;
    for (const node of nodes) {
      if (node.kind !== "inlinePartial") continue;
      inlines ??= new Map(this.#rendering.inlinePartials);
      const [first] = node.params;
      const name = first ? this.#at(node, () => this.#argument(first, scope)) : null;
      if (typeof name === "string") inlines.set(name, { nodes: node.body });
    }
    return inlines ?? this.#rendering.inlinePartials;
  }

  #node(node: TemplateNode, scope: Scope): string {
    switch (node.kind) {
      case "text":
        this.#rendering.budget.text(node.text.length);
        return node.text;
      case "variable":
        return this.#at(node.call, () => this.#print(this.#value(node.call, scope)));
      case "block":
        return this.#at(node.call, () => this.#block(node, scope));
      case "partial":
        return this.#at(node, () => this.#partial(node, scope));
      case "inlinePartial":
        return "";
    }
  }

  #print(value: Value): string {
    if (value === null) return "";
    const text = textOf(value, this.#rendering.budget);
    this.#rendering.budget.text(text.length);
    return text;
  }

  /** Errors get the place of the statement that met them first. */
  #at<T>(place: Place, evaluate: () => T): T {
    try {
      return evaluate();
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      const where = `${this.#rendering.template}:${place.line}:${place.column}`;
      throw new TemplateError({ message: `${where}: ${reason}\n    ${where}`, phase: "render", cause: error });
    }
  }

  /** `{{name …}}` and `(name …)`. */
  #value(call: Call, scope: Scope): Value {
    const helper = this.#helpers.get(call.name);
    const hasArguments = call.params.length > 0 || call.hash.size > 0;
    if (!helper || (scope.kind === "blockParams" && !hasArguments)) return scope.get(call.path);
    const options = this.#options({ call, scope, isBlock: false, body: [], inverse: [], blockParams: [] });
    return this.#call(helper, this.#context(call, scope), options);
  }

  #block(node: BlockNode, scope: Scope): string {
    const { call } = node;
    const helper = this.#helpers.get(call.name);
    if (helper) {
      const context = this.#context(call, scope);
      return this.#callBlock(helper, context, node, scope);
    }
    const found = scope.get(call.path);
    if (node.inverted) return this.#callBlock(this.#builtIn("unless"), found, node, scope);
    if (found instanceof ListValue || (found instanceof MapValue && found.style === "path")) {
      return this.#callBlock(this.#builtIn("each"), found, node, scope);
    }
    if (typeof found === "boolean") return this.#callBlock(this.#builtIn("if"), found, node, scope);
    return this.#callBlock(this.#builtIn("with"), found, node, scope.child(found));
  }

  #builtIn(name: string): Helper {
    const helper = this.#helpers.get(name);
    if (!helper) throw new Error(`the helper ${name} is not registered`);
    return helper;
  }

  #callBlock(helper: Helper, context: Value, node: BlockNode, scope: Scope): string {
    const { call, body, inverse, blockParams } = node;
    const result = this.#call(helper, context, this.#options({ call, scope, isBlock: true, body, inverse, blockParams }));
    return result === null ? "" : textOf(result, this.#rendering.budget);
  }

  /** Whatever a helper does with a text takes time by the text's length. */
  #call(helper: Helper, context: Value, call: HelperCall): Value {
    for (const value of [context, ...call.params]) {
      if (typeof value === "string") this.#rendering.budget.step(value.length >>> CHARS_PER_STEP_BITS);
    }
    return helper(context, call);
  }

  #context(call: Call, scope: Scope): Value {
    const [first] = call.params;
    return first ? this.#argument(first, scope) : scope.model;
  }

  #argument(argument: Argument, scope: Scope): Value {
    this.#rendering.budget.step();
    switch (argument.kind) {
      case "literal":
        return argument.value;
      case "path":
        return scope.get(argument.path);
      case "call":
        return this.#value(argument.call, scope);
    }
  }

  #hash(hash: ReadonlyMap<string, Argument>, scope: Scope): Map<string, Value> {
    return new Map([...hash].map(([name, argument]) => [name, this.#argument(argument, scope)]));
  }

  #options(use: Use): HelperCall {
    const { call, scope, blockParams } = use;
    const bodyIn = (nodes: readonly TemplateNode[], inner: Scope, values: readonly Value[]) =>
      this.render(nodes, blockParams.length > 0 ? inner.withBlockParams(blockParams, values) : inner);
    const part = (nodes: readonly TemplateNode[], model: Value | undefined) => {
      const inner = model === undefined || model === scope.model ? scope : scope.child(model);
      return bodyIn(nodes, inner, blockParams.length === 1 ? [inner.model] : []);
    };
    return {
      name: call.name,
      isBlock: use.isBlock,
      scope,
      params: call.params.slice(1).map((param) => this.#argument(param, scope)),
      hash: this.#hash(call.hash, scope),
      rendering: this.#rendering,
      body: (model) => part(use.body, model),
      inverse: (model) => part(use.inverse, model),
      bodyIn: (inner, values) => bodyIn(use.body, inner, values),
      namedBody: () => (inner) => this.render(use.body, inner),
    };
  }

  #partial(node: PartialNode, scope: Scope): string {
    const rendering = this.#rendering;
    const name = typeof node.name === "string" ? node.name : this.#print(this.#value(node.name, scope));
    const outer = rendering.inlinePartials;
    const partial = outer.get(name) ?? (node.block && name !== PARTIAL_BLOCK ? { nodes: node.block } : undefined);
    if (!partial) {
      if (name === PARTIAL_BLOCK)
        throw illegalArgument(`null does not provide a @partial-block for ${rendering.template}:${node.line}:${node.column}`);
      const where = `${rendering.template}:${node.line}:${node.column}`;
      throw new TemplateError({ message: `${where}: The partial '/${name}.hbs' at '/${name}.hbs' could not be found`, phase: "render" });
    }
    const inner = new Map(outer);
    if (node.block) inner.set(PARTIAL_BLOCK, { nodes: node.block, outerBlock: outer.get(PARTIAL_BLOCK) });
    else if (name === PARTIAL_BLOCK && partial.outerBlock) inner.set(PARTIAL_BLOCK, partial.outerBlock);
    else if (name === PARTIAL_BLOCK) inner.delete(PARTIAL_BLOCK);
    const hash = this.#hash(node.hash, scope);
    for (const path of HIDDEN_BY_PARTIALS) if (!hash.has(path.text)) hash.set(path.text, scope.get(path));
    rendering.inlinePartials = inner;
    const text = this.render(partial.nodes, scope.forPartial(scope.get(node.model), hash));
    rendering.inlinePartials = outer;
    return text;
  }
}

interface Use {
  readonly call: Call;
  readonly scope: Scope;
  readonly isBlock: boolean;
  readonly body: readonly TemplateNode[];
  readonly inverse: readonly TemplateNode[];
  readonly blockParams: readonly string[];
}

/** Of bodies and partials within each other: a partial that calls itself ends here. */
const MAX_DEPTH = 200;
/** 256 characters of an argument are a step. */
const CHARS_PER_STEP_BITS = 8;
const PARTIAL_BLOCK = "@partial-block";
/** Handlebars.java lets a partial see these of its caller, not of its own model. */
const HIDDEN_BY_PARTIALS = [compilePath("size"), compilePath("empty")];

function reasonOf(error: unknown): string | undefined {
  if (error instanceof JavaException) return error.reason;
  return error instanceof RenderLimitError ? error.message : undefined;
}
