import { parseTemplate } from "./language/parser.ts";
import { TemplateError } from "./language/template-error.ts";
import type { Compilation } from "./template-cache.ts";

/**
 * Compiles what lies between the first `{{` and the last `}}`; text around it is not looked at, and text without such a pair is no
 * template at all. That is WireMock's rule, and places in its messages count from the first `{{`.
 */
export function compileTemplate(content: string, isHelper: (name: string) => boolean): Compilation {
  const open = content.indexOf("{{");
  const end = content.lastIndexOf("}}") + 2;
  if (open < 0 || end < 2) return { prefix: content, template: undefined, suffix: "" };
  if (end < open) {
    const reason = `java.lang.StringIndexOutOfBoundsException: begin ${open}, end ${end}, length ${content.length}`;
    return { error: new TemplateError({ message: reason, phase: "compile" }) };
  }
  try {
    const template = parseTemplate(content.slice(open, end), isHelper);
    return { prefix: content.slice(0, open), template, suffix: content.slice(end) };
  } catch (error) {
    if (error instanceof TemplateError) return { error };
    throw error;
  }
}
