import { visibleText } from "./visible-text.ts";

export type Child = Node | string | number | undefined | null | false | readonly Child[];

export type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>;

/**
 * Makes an element. Children that are strings become text nodes, so nothing a service said is ever read as markup. A function
 * is a listener of the event that its key names: `onclick`.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  append(element, children);
  return element;
}

export function svg(tag: string, attributes: Attributes = {}, ...children: readonly Child[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  append(element, children);
  return element;
}

export function replaceContent(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren();
  append(element, children);
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === undefined || child === null || child === false) continue;
    if (typeof child === "string" || typeof child === "number") element.append(visibleText(String(child)));
    else if (child instanceof Node) element.append(child);
    else append(element, child);
  }
}

function setAttribute(element: Element, name: string, value: Attributes[string]): void {
  if (value === undefined || value === false) return;
  if (typeof value === "function") {
    element.addEventListener(name.slice(2), value);
    return;
  }
  // The page links only within itself.
  if (name === "href" && !String(value).startsWith("#")) throw new Error(`a link to ${value}`);
  element.setAttribute(name, value === true ? "" : String(value));
}
