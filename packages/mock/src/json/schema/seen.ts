/** The parts of one value that schemas looked at: the rest is for `unevaluatedProperties` and `unevaluatedItems`. */
export class Seen {
  readonly properties = new Set<string>();
  /** As many items from the first. */
  items = 0;
  allItems = false;
  /** Single ones, by `contains`. */
  readonly contained = new Set<number>();
  containsAll = false;

  add(other: Seen): void {
    for (const name of other.properties) this.properties.add(name);
    for (const index of other.contained) this.contained.add(index);
    this.items = Math.max(this.items, other.items);
    this.allItems ||= other.allItems;
    this.containsAll ||= other.containsAll;
  }
}
