import { isMapping } from "../documents/document-node.ts";
import type { Entity } from "./entity-store.ts";

/**
 * JSON Merge Patch (RFC 7396): null removes, objects are merged, everything else replaces. Of properties that `keepsNull`, null is a
 * value: plain JSON cannot say otherwise.
 */
export function mergePatch(target: Entity, patch: Entity, keepsNull: (name: string) => boolean = () => false): Entity {
  const merged = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null && !keepsNull(name)) merged.delete(name);
    else if (isMapping(value)) {
      const known = merged.get(name);
      merged.set(name, mergePatch(isMapping(known) ? known : {}, value));
    } else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}
