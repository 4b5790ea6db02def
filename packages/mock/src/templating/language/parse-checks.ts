import { syntaxError } from "./lexer.ts";
import { type Place, TemplateError, templateName } from "./template-error.ts";

/** What Handlebars.java looks at only after a template is parsed, in its order: the first complaint is the same then. */
export class ParseChecks {
  readonly source: string;
  readonly #isHelper: (name: string) => boolean;
  readonly #errors: (TemplateError | undefined)[] = [];

  constructor(source: string, isHelper: (name: string) => boolean) {
    this.source = source;
    this.#isHelper = isHelper;
  }

  /** Throws the first complaint. */
  run(): void {
    const first = this.#errors.find((error) => error !== undefined);
    if (first) throw first;
  }

  /** Keeps a place in the order for what is known later. */
  reserve(): (error: TemplateError) => void {
    const at = this.#errors.push(undefined) - 1;
    return (error) => {
      this.#errors[at] = error;
    };
  }

  closesWith(name: string, end: Place & { readonly text: string }): TemplateError | undefined {
    return end.text === name ? undefined : this.#syntax(end, `found: '${end.text}', expected: '${name}'`);
  }

  helper(name: string, place: Place, role: "block" | "inline"): void {
    if (this.#isHelper(name)) return;
    const reason = `could not find helper: '${name}'`;
    if (role === "inline") this.#errors.push(this.#syntax(place, reason));
    else this.#illegal(reason);
  }

  decorator(name: string, place: Place, role: "block" | "inline"): void {
    if (name === "inline") return;
    if (role === "inline") {
      this.#errors.push(this.#syntax(place, `could not find decorator: '${name}'`));
      return;
    }
    const base = "wiremock.com.github.jknack.handlebars";
    const reason = `Cannot invoke "${base}.Decorator.apply(${base}.Template, ${base}.Options)" because "this.decorator" is null`;
    const message = `${templateName(this.source)}:${place.line}:${place.column}: java.lang.NullPointerException: ${reason}`;
    this.#errors.push(new TemplateError({ message, phase: "render" }));
  }

  /** `{{^}}` is an else only when it is written with the same braces and `~` as the block's beginning. */
  inverseLabel(text: string, startDelimiter: string): void {
    const label = text.startsWith(startDelimiter) ? text.slice(startDelimiter.length) : text;
    if (label !== "^") this.#illegal(`The inverseLabel must be one of '^' or 'else'. Found: ${label}`);
  }

  #syntax(place: Place, reason: string): TemplateError {
    return syntaxError(this.source, place, reason);
  }

  #illegal(reason: string): void {
    this.#errors.push(new TemplateError({ message: `java.lang.IllegalArgumentException: ${reason}`, phase: "compile" }));
  }
}
