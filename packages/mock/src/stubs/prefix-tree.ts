/**
 * Values filed under prefixes: a radix tree. Looking up walks down a text once and finds the value of every prefix of it, however
 * many other prefixes there are. Empty branches are cut, so that what comes and goes leaves nothing behind.
 */
export class PrefixTree<Value> {
  readonly #root: Node<Value> = { label: "", children: new Map() };

  /** The value of exactly this prefix, made when there is none. */
  at(prefix: string, make: () => Value): Value {
    let node = this.#root;
    let rest = prefix;
    while (rest !== "") {
      const child = node.children.get(rest.charCodeAt(0));
      if (child === undefined) {
        const leaf: Node<Value> = { label: rest, children: new Map() };
        node.children.set(rest.charCodeAt(0), leaf);
        node = leaf;
        break;
      }
      const shared = sharedLength(child.label, rest);
      node = shared === child.label.length ? child : split(node, child, shared);
      rest = rest.slice(shared);
    }
    node.value ??= { held: make() };
    return node.value.held;
  }

  /** The values of all prefixes of a text, the shortest first. */
  collect(text: string, found: (value: Value) => void): void {
    let node: Node<Value> | undefined = this.#root;
    let at = 0;
    while (node !== undefined) {
      if (node.value !== undefined) found(node.value.held);
      node = node.children.get(text.charCodeAt(at));
      if (node === undefined || !text.startsWith(node.label, at)) return;
      at += node.label.length;
    }
  }

  delete(prefix: string): void {
    const way: Node<Value>[] = [this.#root];
    let rest = prefix;
    while (rest !== "") {
      const child = way.at(-1)?.children.get(rest.charCodeAt(0));
      if (child === undefined || !rest.startsWith(child.label)) return;
      way.push(child);
      rest = rest.slice(child.label.length);
    }
    const last = way.at(-1);
    if (last) last.value = undefined;
    for (let depth = way.length - 1; depth > 0; depth--) {
      const node = way[depth];
      if (node === undefined || node.value !== undefined || node.children.size > 0) return;
      way[depth - 1]?.children.delete(node.label.charCodeAt(0));
    }
  }
}

interface Node<Value> {
  label: string;
  readonly children: Map<number, Node<Value>>;
  value?: { readonly held: Value };
}

/** Puts a node in between that holds what both labels begin with. */
function split<Value>(parent: Node<Value>, child: Node<Value>, length: number): Node<Value> {
  const upper: Node<Value> = { label: child.label.slice(0, length), children: new Map() };
  parent.children.set(upper.label.charCodeAt(0), upper);
  child.label = child.label.slice(length);
  upper.children.set(child.label.charCodeAt(0), child);
  return upper;
}

function sharedLength(one: string, other: string): number {
  const limit = Math.min(one.length, other.length);
  let length = 0;
  while (length < limit && one.charCodeAt(length) === other.charCodeAt(length)) length++;
  return length;
}
