/**
 * Values filed under paths whose segments are literal or a variable (undefined): `/things/{id}`. Looking up follows the literal
 * and the variable branch of each segment, and visits only what is there.
 */
export class SegmentTree<Value> {
  readonly #root: Node<Value> = { literals: new Map() };

  at(segments: readonly (string | undefined)[], make: () => Value): Value {
    let node = this.#root;
    for (const segment of segments) node = childOf(node, segment);
    node.value ??= { held: make() };
    return node.value.held;
  }

  /** The values of all templates that a path (beginning with `/`) fits. */
  collect(path: string, found: (value: Value) => void): void {
    if (this.#root.variable === undefined && this.#root.literals.size === 0) return;
    if (path.charCodeAt(0) === slash) collectBelow(this.#root, path, 1, found);
  }

  delete(segments: readonly (string | undefined)[]): void {
    deleteBelow(this.#root, segments, 0);
  }
}

const slash = 0x2f;

interface Node<Value> {
  readonly literals: Map<string, Node<Value>>;
  variable?: Node<Value>;
  value?: { readonly held: Value };
}

function childOf<Value>(node: Node<Value>, segment: string | undefined): Node<Value> {
  if (segment === undefined) {
    node.variable ??= { literals: new Map() };
    return node.variable;
  }
  const present = node.literals.get(segment);
  if (present) return present;
  const child: Node<Value> = { literals: new Map() };
  node.literals.set(segment, child);
  return child;
}

/** The segment from `at` on, and what follows: as deep as the longest template, however long the path is. */
function collectBelow<Value>(node: Node<Value>, path: string, at: number, found: (value: Value) => void): void {
  const end = path.indexOf("/", at);
  const segment = end === -1 ? path.slice(at) : path.slice(at, end);
  for (const child of [node.literals.get(segment), segment === "" ? undefined : node.variable]) {
    if (child === undefined) continue;
    if (end !== -1) collectBelow(child, path, end + 1, found);
    else if (child.value !== undefined) found(child.value.held);
  }
}

/** Whether the node is of no more use. */
function deleteBelow<Value>(node: Node<Value>, segments: readonly (string | undefined)[], depth: number): boolean {
  if (depth === segments.length) node.value = undefined;
  else {
    const segment = segments[depth];
    const child = segment === undefined ? node.variable : node.literals.get(segment);
    if (child && deleteBelow(child, segments, depth + 1)) {
      if (segment === undefined) node.variable = undefined;
      else node.literals.delete(segment);
    }
  }
  return node.value === undefined && node.variable === undefined && node.literals.size === 0;
}
