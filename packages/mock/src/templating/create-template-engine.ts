import { compileTemplate } from "./compile-template.ts";
import { Renderer } from "./evaluation/render.ts";
import type { RenderLimits } from "./evaluation/render-budget.ts";
import { RenderBudget, RenderLimitError } from "./evaluation/render-budget.ts";
import { RenderCache } from "./evaluation/render-cache.ts";
import type { Rendering, TemplateWorld } from "./evaluation/rendering.ts";
import { Scope } from "./evaluation/scope.ts";
import { allHelpers } from "./helpers/all-helpers.ts";
import { TemplateError } from "./language/template-error.ts";
import { modelOf } from "./model-value.ts";
import { type RenderText, renderResponse } from "./render-response.ts";
import { TemplateCache } from "./template-cache.ts";
import type { TemplateEngine } from "./template-engine.ts";
import { createTemplateWorld, type TemplateWorldOptions } from "./template-world.ts";
import type { MapValue } from "./values/value.ts";

export interface TemplateEngineOptions extends TemplateWorldOptions {
  /** Compiled templates kept. Default 1000; 0 keeps none. */
  readonly maxCacheEntries?: number;
  /** Of all templates of one response together. Default 5 s. */
  readonly maxRenderMs?: number;
  /** Of one rendered text, in characters. Default 8 Mi. */
  readonly maxOutputBytes?: number;
  /** Nodes evaluated and items visited for one response. Default 5 million. */
  readonly maxSteps?: number;
}

/**
 * WireMock's response templates: Handlebars.java's language (`language/`), evaluated over Java-like values (`values/`) in scopes
 * (`evaluation/`) with WireMock's helpers (`helpers/`). Templates are data that is walked, never code that is made, and every walk
 * has a budget. Nothing is compiled before the first template.
 */
export function createTemplateEngine(options: TemplateEngineOptions = {}): TemplateEngine {
  const limits: RenderLimits = {
    maxRenderMs: options.maxRenderMs ?? 5_000,
    maxOutputChars: options.maxOutputBytes ?? 8 * 2 ** 20,
    maxSteps: options.maxSteps ?? 5_000_000,
  };
  const world = createTemplateWorld(options);
  const cache = new TemplateCache({ maxEntries: options.maxCacheEntries ?? 1000, maxChars: 32 * 2 ** 20 });
  const renderer = (model: () => MapValue): RenderText => {
    let shared: Shared | undefined;
    return (content) => {
      if (!content.includes("{{")) return content;
      shared ??= { model: model(), budget: new RenderBudget(limits), cache: new RenderCache(), world };
      return renderContent(content, shared, cache);
    };
  };
  return {
    renderResponse: (definition, context, files) => renderResponse(definition, context, { files, renderer }),
    render: (template, model) => renderer(() => modelOf(model))(template),
  };
}

/** What the templates of one response share. */
interface Shared {
  readonly model: MapValue;
  readonly budget: RenderBudget;
  readonly cache: RenderCache;
  readonly world: TemplateWorld;
}

function renderContent(content: string, shared: Shared, cache: TemplateCache): string {
  const compiled = cache.get(content, (source) => compileTemplate(source, (name) => allHelpers.has(name)));
  if ("error" in compiled) throw compiled.error;
  if (!compiled.template) return content;
  const rendering: Rendering = {
    template: compiled.template.name,
    budget: shared.budget,
    world: shared.world,
    cache: shared.cache,
    inlinePartials: new Map(),
    namedBodies: new Map(),
    depth: 0,
  };
  try {
    return (
      compiled.prefix + new Renderer(allHelpers, rendering).render(compiled.template.nodes, Scope.root(shared.model)) + compiled.suffix
    );
  } catch (error) {
    if (error instanceof TemplateError) throw error;
    const tooDeep = error instanceof RangeError;
    if (tooDeep || error instanceof RenderLimitError) {
      const reason = tooDeep ? "a value of the template is nested too deeply" : error.message;
      throw new TemplateError({ message: `${rendering.template}:1:1: ${reason}`, phase: "render", cause: error });
    }
    throw error;
  }
}
