import { usualResponse } from "../answers/choose-response.ts";
import { isMapping } from "../documents/document-node.ts";
import { bodyForm } from "../messages/media-type.ts";
import type { EntitySchema } from "./entity-schema.ts";
import { EntityStore, Limits } from "./entity-store.ts";
import { type Collection, operationOf } from "./read-collections.ts";

/** Which entities are meant: those of a collection, below the values of its parents' variables. */
export interface StoreKey {
  readonly collection: Collection;
  readonly variables: ReadonlyMap<string, string>;
}

/** The stores of all collections. One that is looked at begins with the document's examples; it is remembered when it is kept. */
export class CollectionStores {
  #stores = new Map<string, EntityStore>();
  #limits = new Limits();

  reset(): void {
    this.#stores = new Map();
    this.#limits = new Limits();
  }

  /** Paths of parents can be anything, so what is only looked at leaves nothing behind. */
  look(key: StoreKey, schema: EntitySchema): EntityStore {
    const known = this.#stores.get(textOf(key));
    if (known !== undefined) return known;
    const store = new EntityStore();
    if (key.collection.examples) seed(store, key.collection, schema);
    return store;
  }

  /** To be called before a store is changed. Throws StateFull. */
  keep(key: StoreKey, store: EntityStore): void {
    store.attach(this.#limits);
    this.#stores.set(textOf(key), store);
  }
}

function textOf({ collection: { collection }, variables }: StoreKey): string {
  const parents = [...collection.template.matchAll(/\{/g)].length;
  const values = [...variables.values()].slice(0, parents);
  return [collection.node.file.path, collection.template, ...values].join("\n");
}

/** The entities of the listing's first example, then that of the single entity's. */
function seed(store: EntityStore, { collection, list, id, item, entity }: Collection, schema: EntitySchema): void {
  for (const [path, within] of [
    [collection, list],
    [item, entity],
  ] as const) {
    const operation = operationOf(path, "GET");
    const content = operation === undefined ? undefined : usualResponse(operation)?.declared.content;
    const shown = content?.find(({ type }) => bodyForm(type) === "json")?.examples.find(({ value }) => value !== undefined)?.value?.value;
    const values = within !== undefined && isMapping(shown) ? shown[within] : shown;
    for (const value of [values].flat()) {
      if (!isMapping(value) || value[id] === undefined || store.get(String(value[id])) !== undefined) continue;
      if (schema.faults(value).length === 0) store.set(String(value[id]), value);
    }
  }
}
