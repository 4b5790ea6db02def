import type { JsonValue } from "../json-value.ts";
import { accepts, evaluate, type SchemaNode } from "./schema-node.ts";
import { type Keyword, SchemaRefusal, type SchemaScope } from "./schema-scope.ts";

/** Keywords that ask other schemas about the same value. */
export const applicatorKeywords = {
  $ref(address, scope) {
    let target: SchemaNode | undefined;
    return (value, place, run, seen) => {
      target ??= scope.refer(String(address));
      evaluate(target, value, place, run, seen);
    };
  },
  allOf(schemas, scope) {
    const nodes = alternatives("allOf", schemas, scope);
    return (value, place, run, seen) => {
      for (const node of nodes) evaluate(node, value, place, run, seen);
    };
  },
  anyOf(schemas, scope) {
    const nodes = alternatives("anyOf", schemas, scope);
    return (value, place, run, seen) => {
      const before = run.count;
      let found = nodes.length === 0;
      for (const node of nodes) {
        if (node.isOfType?.(value) === false) run.fail("type", "is of another type", place);
        else if (evaluate(node, value, place, run, seen)) found = true;
        // The others only matter to what was looked at.
        if (found && !seen) break;
      }
      if (found) run.rewind(before);
    };
  },
  oneOf(schemas, scope) {
    const nodes = alternatives("oneOf", schemas, scope);
    return (value, place, run, seen) => {
      const before = run.count;
      let valid = 0;
      for (const node of nodes) {
        if (evaluate(node, value, place, run, seen)) valid++;
        if (valid > 1 && !seen) break;
      }
      if (valid === 1) run.rewind(before);
      else run.fail("oneOf", `is valid by ${valid} of the alternatives instead of one`, place);
    };
  },
  not(schema, scope) {
    const node = scope.child(schema);
    return (value, place, run) => {
      if (accepts(node, value, place, run)) run.fail("not", "is valid by what it must not be", place);
    };
  },
  if(schema, scope) {
    const condition = scope.child(schema);
    const yes = scope.schema.then === undefined ? undefined : scope.child(scope.schema.then);
    const no = scope.schema.else === undefined ? undefined : scope.child(scope.schema.else);
    return (value, place, run, seen) => {
      const next = accepts(condition, value, place, run, seen) ? yes : no;
      if (next) evaluate(next, value, place, run, seen);
    };
  },
  $dynamicRef(address, scope) {
    return (value, place, run, seen) => {
      evaluate(scope.referDynamically(String(address), run.scopes), value, place, run, seen);
    };
  },
  $recursiveRef(address, scope) {
    if (address !== "#") throw new SchemaRefusal("/$recursiveRef: The value of a $recursiveRef must be # but is {1}");
    return (value, place, run, seen) => {
      evaluate(scope.referRecursively(run.scopes), value, place, run, seen);
    };
  },
} satisfies Record<string, Keyword>;

function alternatives(keyword: string, schemas: JsonValue, scope: SchemaScope): readonly SchemaNode[] {
  if (!Array.isArray(schemas)) throw new SchemaRefusal(`${keyword} is no list of schemas`);
  return schemas.map((schema) => scope.child(schema));
}
