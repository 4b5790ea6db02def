import { child, type DocumentNode, isMapping, items } from "../documents/document-node.ts";
import type { OpenApiDocument } from "../documents/openapi-document.ts";
import { conjuncts } from "../schemas/inner-schemas.ts";

const furthest = 8;

/**
 * How deep a value of a schema has to be at least, looked at no further than 8 levels: near its end a sample goes where
 * a value ends soonest, so that a schema that may contain itself does not do so for ever.
 */
export class Heights {
  readonly #document: OpenApiDocument;
  readonly #known = new Map<unknown, Map<number, number>>();

  constructor(document: OpenApiDocument) {
    this.#document = document;
  }

  of(node: DocumentNode, left = furthest): number {
    if (left <= 0) return furthest;
    if (!isMapping(node.value)) return 0;
    const byDistance = this.#known.get(node.value) ?? new Map<number, number>();
    this.#known.set(node.value, byDistance);
    let height = byDistance.get(left);
    if (height === undefined) {
      height = Math.min(furthest, Math.max(0, ...conjuncts(this.#document, node).map((part) => this.#part(part, left))));
      byDistance.set(left, height);
    }
    return height;
  }

  #part(part: DocumentNode, left: number): number {
    if (child(part, "const").value !== undefined || child(part, "enum").value !== undefined || child(part, "nullable").value === true)
      return 0;
    const types = [child(part, "type").value].flat();
    const alternatives = ["oneOf", "anyOf"].map((keyword) => items(child(part, keyword)).map((member) => this.of(member, left - 1)));
    const choice = Math.max(0, ...alternatives.filter((heights) => heights.length > 0).map((heights) => Math.min(...heights)));
    if (types.some((type) => type !== undefined && type !== "object" && type !== "array")) return choice;
    const required = items(child(part, "required")).map(({ value }) => {
      const property = child(child(part, "properties"), String(value));
      return property.value === undefined ? 0 : 1 + this.of(property, left - 1);
    });
    const least = child(part, "minItems").value;
    const list = typeof least === "number" && least > 0 ? 1 + this.of(child(part, "items"), left - 1) : 0;
    return Math.max(choice, list, ...required);
  }
}
