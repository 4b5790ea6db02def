import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument } from "yaml";

export interface Position {
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/**
 * Where the values of a JSON or YAML text are. Reading it again with positions costs more than reading it, so it is done when
 * something is wrong. Gives the name of a field, the beginning of a list's element, or the nearest thing around that is there.
 */
export function createPositionFinder(text: string): (path: readonly (string | number)[]) => Position | undefined {
  const lines = new LineCounter();
  const document = parseDocument(withoutComments(text), { lineCounter: lines, merge: true });
  return (path) => {
    let node: unknown = document.contents;
    let offset = isNode(node) ? node.range?.[0] : undefined;
    for (const key of path) {
      if (isAlias(node)) node = node.resolve(document);
      const child = childOf(node, key);
      if (child === undefined) break;
      offset = child.offset ?? offset;
      node = child.node;
    }
    if (offset === undefined) return undefined;
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
}

/** Where reading stopped, for a text that is no YAML, and therefore no JSON either. */
export function findSyntaxError(text: string): Position | undefined {
  const lines = new LineCounter();
  const [error] = parseDocument(withoutComments(text), { lineCounter: lines }).errors;
  if (error === undefined) return undefined;
  const { line, col } = lines.linePos(error.pos[0]);
  return { line, column: col };
}

export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

function childOf(node: unknown, key: string | number): { readonly node: unknown; readonly offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
    return pair && { node: pair.value, offset: offsetOf(pair.key) };
  }
  if (isSeq(node) && typeof key === "number") {
    const item = node.items[key];
    return item === undefined ? undefined : { node: item, offset: offsetOf(item) };
  }
  return undefined;
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node | ParsedNode).range?.[0] : undefined;
}

/** JSON with comments, as WireMock takes it, becomes YAML with everything in its place. */
function withoutComments(text: string): string {
  if (!/^\s*[{[/]/.test(text) || !/\/[/*]/.test(text)) return text;
  return text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (found) =>
    found.startsWith("/") ? found.replace(/[^\n]/g, " ") : found,
  );
}
