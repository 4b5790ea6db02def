import type { ResponseDefinition } from "../mapping/stub-mapping.ts";
import type { TemplateEngineOptions } from "../templating/create-template-engine.ts";
import type { ReadFile, TemplateContext, TemplateEngine } from "../templating/template-engine.ts";

/** Loads the template engine, which is most of a mock's code, with the first template: most mocks have none. */
export class LazyTemplates implements TemplateEngine {
  readonly #options: TemplateEngineOptions;
  #engine: TemplateEngine | undefined;

  constructor(options: TemplateEngineOptions) {
    this.#options = options;
  }

  async load(): Promise<TemplateEngine> {
    if (this.#engine !== undefined) return this.#engine;
    const { createTemplateEngine } = await import("../templating/create-template-engine.ts");
    const engine = this.#engine ?? createTemplateEngine(this.#options);
    this.#engine = engine;
    return engine;
  }

  async renderResponse(definition: ResponseDefinition, context: TemplateContext, files: ReadFile): Promise<ResponseDefinition> {
    return (await this.load()).renderResponse(definition, context, files);
  }

  /** Only after `load`. */
  render(template: string, model: Readonly<Record<string, unknown>>): string {
    if (this.#engine === undefined) throw new Error("The template engine is not loaded yet.");
    return this.#engine.render(template, model);
  }
}
