import type { ComparableAttribute, ComparableChild, ComparableDocument, ComparableElement } from "./comparable-xml.ts";
import type { XmlPlaceholders } from "./xml-placeholders.ts";

/**
 * Compares two documents by the single comparisons XMLUnit makes, in its order: equalToXml may leave kinds of them out, and its distance is
 * the share of them that found a difference.
 *
 * Children are paired by kind alone, the first with the first, elements with elements whatever their names. To tell whether documents are
 * equal both lists are put in the order of local names before. Text has no local name, so WireMock cannot order it among others: mixed
 * content ends the comparison, and so do several children in documents read without namespaces. A comparison where only the expected side
 * has nothing is not counted: what is too much shows in the numbers of attributes and children.
 */

export type ComparisonType =
  | "ELEMENT_TAG_NAME"
  | "SCHEMA_LOCATION"
  | "NO_NAMESPACE_SCHEMA_LOCATION"
  | "NODE_TYPE"
  | "NAMESPACE_URI"
  | "TEXT_VALUE"
  | "PROCESSING_INSTRUCTION_TARGET"
  | "PROCESSING_INSTRUCTION_DATA"
  | "ELEMENT_NUM_ATTRIBUTES"
  | "ATTR_VALUE"
  | "CHILD_NODELIST_LENGTH"
  | "CHILD_LOOKUP"
  | "ATTR_NAME_LOOKUP";

export interface XmlComparisonOptions {
  /** Kinds of comparisons that find no differences. */
  readonly exempted: ReadonlySet<string>;
  readonly placeholders: XmlPlaceholders | undefined;
}

/** What cannot be compared is not equal. */
export class XmlComparisonFailure extends Error {
  override readonly name = "XmlComparisonFailure";
}

/** Whether documents are equal but for the order of elements; that of elements with the same name counts unless `ignoreOrderOfSameNode`. */
export function isXmlEqual(
  expected: ComparableDocument,
  actual: ComparableDocument,
  options: XmlComparisonOptions & { readonly ignoreOrderOfSameNode: boolean },
): boolean {
  const order = new ChildOrder(options.ignoreOrderOfSameNode);
  const comparison = new XmlComparison(options, (children) => order.sort(children), true);
  comparison.nodes(expected, actual);
  return comparison.differences === 0;
}

/** The share of comparisons in document order that find a difference. */
export function xmlDistance(expected: ComparableDocument, actual: ComparableDocument, options: XmlComparisonOptions): number {
  const comparison = new XmlComparison(options, (children) => children, false);
  comparison.nodes(expected, actual);
  return comparison.differences / comparison.total;
}

type Comparable = ComparableDocument | ComparableChild;
type Arrange = (children: readonly ComparableChild[]) => readonly ComparableChild[];

class XmlComparison {
  readonly #exempted: ReadonlySet<string>;
  readonly #placeholders: XmlPlaceholders | undefined;
  readonly #arrange: Arrange;
  readonly #stopsAtDifference: boolean;
  total = 0;
  differences = 0;

  constructor({ exempted, placeholders }: XmlComparisonOptions, arrange: Arrange, stopsAtDifference: boolean) {
    this.#exempted = exempted;
    this.#placeholders = placeholders;
    this.#arrange = arrange;
    this.#stopsAtDifference = stopsAtDifference;
  }

  get #isDone(): boolean {
    return this.#stopsAtDifference && this.differences > 0;
  }

  nodes(expected: Comparable, actual: Comparable): void {
    const texts = textOf(expected) !== undefined && textOf(actual) !== undefined;
    this.#compare("NODE_TYPE", expected.kind === actual.kind, () => (texts ? this.#accepts(textOf(expected), textOf(actual)) : false));
    this.#compareIfExpected("NAMESPACE_URI", namespaceOf(expected), namespaceOf(actual));
    const children = childrenOf(expected);
    const others = childrenOf(actual);
    this.#compare("CHILD_NODELIST_LENGTH", children.length === others.length, () =>
      children.length === 1 && others.length === 0 ? this.#accepts(children[0] && textOf(children[0]), undefined) : false,
    );
    if (this.#isDone) return;
    this.#contents(expected, actual);
    if (!this.#isDone && (children.length > 0 || others.length > 0)) this.#children(children, others);
  }

  #contents(expected: Comparable, actual: Comparable): void {
    const text = textOf(expected);
    const other = textOf(actual);
    if (text !== undefined && other !== undefined) {
      this.#compare("TEXT_VALUE", text === other, () => this.#accepts(text, other));
    } else if (expected.kind === "instruction" && actual.kind === "instruction") {
      this.#compare("PROCESSING_INSTRUCTION_TARGET", expected.target === actual.target);
      this.#compare("PROCESSING_INSTRUCTION_DATA", expected.text === actual.text);
    } else if (expected.kind === "element" && actual.kind === "element") {
      this.#compare("ELEMENT_TAG_NAME", expected.name === actual.name);
      if (!this.#isDone) this.#attributes(expected, actual);
    }
  }

  #attributes(expected: ComparableElement, actual: ComparableElement): void {
    const plain = withRole(expected, "plain");
    this.#compare("ELEMENT_NUM_ATTRIBUTES", plain.length === withRole(actual, "plain").length, () =>
      this.#acceptsMissingAttributes(expected, actual),
    );
    if (this.#isDone) return;
    this.#types(withRole(expected, "type")[0], withRole(actual, "type")[0]);
    this.#compareIfExpected("SCHEMA_LOCATION", ...valuesOf(expected, actual, "schema-location"));
    this.#compareIfExpected("NO_NAMESPACE_SCHEMA_LOCATION", ...valuesOf(expected, actual, "no-namespace-schema-location"));
    for (const attribute of plain) {
      if (this.#isDone) return;
      const found = actual.attributes.get(attribute.key);
      this.#compare("ATTR_NAME_LOOKUP", found !== undefined, () => this.#accepts(attribute.value, undefined));
      if (!found) continue;
      this.#compare("NODE_TYPE", true);
      if (attribute.hasNamespace) this.#compare("NAMESPACE_URI", true);
      this.#compare("ATTR_VALUE", attribute.value === found.value, () => this.#accepts(attribute.value, found.value));
    }
  }

  /** What `xsi:type` means is compared, not how it is written. */
  #types(expected: ComparableAttribute | undefined, actual: ComparableAttribute | undefined): void {
    if (!expected) return;
    this.#compare("ATTR_NAME_LOOKUP", actual !== undefined, () => {
      if (this.#placeholders) throw new XmlComparisonFailure("an xsi:type is missing, which cannot be compared with placeholders");
      return false;
    });
    if (!actual || this.#isDone) return;
    const [type, other] = [expected.type, actual.type];
    if (!type || !other) throw new XmlComparisonFailure("an xsi:type names no type");
    const isSame = type.namespace === other.namespace;
    this.#compare(
      "ATTR_VALUE",
      isSame && type.localName === other.localName,
      () => isSame && this.#accepts(type.localName, other.localName),
    );
  }

  #children(expected: readonly ComparableChild[], actual: readonly ComparableChild[]): void {
    const unpaired = new Queues(this.#arrange(expected), this.#arrange(actual));
    const alone = new Set<ComparableChild>();
    for (const [child, other] of unpaired.pairs()) {
      if (this.#isDone) return;
      if (other) this.nodes(child, other);
      else alone.add(child);
    }
    if (alone.size === 0) return;
    for (const child of expected) {
      if (this.#isDone) return;
      if (alone.has(child)) this.#compare("CHILD_LOOKUP", false, () => this.#accepts(textOf(child), undefined));
    }
  }

  /** Whether the texts of all attributes that are missing accept that, and none is too much. Declarations count as attributes here. */
  #acceptsMissingAttributes(expected: ComparableElement, actual: ComparableElement): boolean {
    let found = 0;
    for (const [key, { value }] of expected.attributes) {
      if (actual.attributes.has(key)) found++;
      else if (!this.#accepts(value, undefined)) return false;
    }
    return found === actual.attributes.size;
  }

  #accepts(expected: string | undefined, actual: string | undefined): boolean {
    return expected !== undefined && this.#placeholders?.accept(expected, actual) === true;
  }

  #compareIfExpected(type: ComparisonType, expected: string | undefined, actual: string | undefined): void {
    if (expected !== undefined) this.#compare(type, expected === actual);
  }

  #compare(type: ComparisonType, isEqual: boolean, accepts: () => boolean = () => false): void {
    if (this.#isDone || this.#exempted.has(type)) return;
    this.total++;
    if (!isEqual && !(this.#placeholders && accepts())) this.differences++;
  }
}

/** Children of the other side that are not paired, by kind: CDATA may be paired with text. */
class Queues {
  readonly #expected: readonly ComparableChild[];
  readonly #byKind = new Map<string, ComparableChild[]>();
  readonly #taken = new Map<string, number>();

  constructor(expected: readonly ComparableChild[], actual: readonly ComparableChild[]) {
    this.#expected = expected;
    for (const child of actual) {
      const queue = this.#byKind.get(pairedKind(child));
      if (queue) queue.push(child);
      else this.#byKind.set(pairedKind(child), [child]);
    }
  }

  *pairs(): Generator<readonly [ComparableChild, ComparableChild | undefined]> {
    for (const child of this.#expected) {
      const kind = pairedKind(child);
      const next = this.#taken.get(kind) ?? 0;
      this.#taken.set(kind, next + 1);
      yield [child, this.#byKind.get(kind)?.[next]];
    }
  }
}

function pairedKind(child: ComparableChild): string {
  return child.kind === "cdata" ? "text" : child.kind;
}

/** Characters that may be put together to order elements of the same name by their texts. */
const MAX_ORDERED_CHARACTERS = 64 * 1024 * 1024;

/** Orders by local names as Java does, then by all text in the elements if that is asked for. */
class ChildOrder {
  readonly #byText: boolean;
  readonly #texts = new Map<ComparableElement, string>();
  #characters = 0;

  constructor(byText: boolean) {
    this.#byText = byText;
  }

  sort(children: readonly ComparableChild[]): readonly ComparableChild[] {
    if (children.length < 2) return children;
    const named = children.map((child) => {
      if (child.kind === "element" && child.localName !== undefined) return { child, name: child.localName };
      throw new XmlComparisonFailure(
        child.kind === "element"
          ? "elements read without namespaces cannot be put in an order"
          : "text, CDATA and instructions next to other nodes cannot be put in an order",
      );
    });
    named.sort((a, b) => compareText(a.name, b.name) || (this.#byText ? compareText(this.#textOf(a.child), this.#textOf(b.child)) : 0));
    return named.map(({ child }) => child);
  }

  #textOf(element: ComparableElement): string {
    const known = this.#texts.get(element);
    if (known !== undefined) return known;
    const text = element.children
      .map((child) => (child.kind === "element" ? this.#textOf(child) : child.kind === "instruction" ? "" : child.text))
      .join("");
    this.#characters += text.length;
    if (this.#characters > MAX_ORDERED_CHARACTERS) throw new XmlComparisonFailure("there is too much text to order elements by");
    this.#texts.set(element, text);
    return text;
  }
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function textOf(node: Comparable): string | undefined {
  return node.kind === "text" || node.kind === "cdata" ? node.text : undefined;
}

function namespaceOf(node: Comparable): string | undefined {
  return node.kind === "element" ? node.namespace : undefined;
}

function childrenOf(node: Comparable): readonly ComparableChild[] {
  return node.kind === "element" || node.kind === "document" ? node.children : [];
}

function withRole(element: ComparableElement, role: ComparableAttribute["role"]): readonly ComparableAttribute[] {
  return [...element.attributes.values()].filter((attribute) => attribute.role === role);
}

function valuesOf(
  expected: ComparableElement,
  actual: ComparableElement,
  role: ComparableAttribute["role"],
): [expected: string | undefined, actual: string | undefined] {
  return [withRole(expected, role)[0]?.value, withRole(actual, role)[0]?.value];
}
