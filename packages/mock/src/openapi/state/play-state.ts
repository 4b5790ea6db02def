import type { ResponseDefinition } from "../../mapping/stub-mapping.ts";
import { type ChosenResponse, responseFor, usualResponse } from "../answers/choose-response.ts";
import { problemAnswer } from "../answers/problem-answer.ts";
import { invalidStatus, toViolations } from "../answers/refusals.ts";
import type { Writing } from "../answers/write-response.ts";
import type { DocumentParts } from "../document-parts.ts";
import { isMapping, placeOf } from "../documents/document-node.ts";
import type { OpenApiDocument } from "../documents/openapi-document.ts";
import { formValue } from "../messages/judge-bodies.ts";
import { type Fault, parse } from "../messages/judge-values.ts";
import { bodyForm, mediaTypeFor } from "../messages/media-type.ts";
import type { Operation } from "../reading/operation.ts";
import { decode } from "../routing/path-template.ts";
import type { Route } from "../routing/served-paths.ts";
import { CollectionStores } from "./collection-stores.ts";
import { EntitySchema } from "./entity-schema.ts";
import { type Entity, type EntityStore, StateFull } from "./entity-store.ts";
import { pageOf } from "./listing.ts";
import { mergePatch } from "./merge-patch.ts";
import { type Collection, operationOf } from "./read-collections.ts";
import { tellOne, tellPage, tellStatus } from "./tell-entities.ts";

type Role = "list" | "create" | "read" | "replace" | "change" | "remove";

interface Played {
  readonly collection: Collection;
  readonly role: Role;
  readonly schema: EntitySchema;
}

interface Asked extends Played {
  readonly operation: Operation;
  readonly variables: ReadonlyMap<string, string>;
  readonly writing: Writing;
  readonly store: EntityStore;
}

/** An entity that is asked for by its path. */
interface AskedItem extends Asked {
  readonly id: string;
  readonly before: Entity | undefined;
}

/**
 * Collections that keep what is created (`x-dojang-state`). Each answer is the one that the document declares for what happened, and is
 * judged by its schema before it goes out: what cannot be told as the document declares is a 500 that says so, never a wrong answer.
 */
export class State {
  readonly #played = new Map<Operation, Played>();
  readonly #stores = new CollectionStores();

  constructor(collections: readonly Collection[], parts: ReadonlyMap<OpenApiDocument, DocumentParts>, seed: number) {
    for (const collection of collections) {
      let schema: EntitySchema | undefined;
      for (const [path, method, role] of [
        [collection.collection, "GET", "list"],
        [collection.collection, "POST", "create"],
        [collection.item, "GET", "read"],
        [collection.item, "PUT", "replace"],
        [collection.item, "PATCH", "change"],
        [collection.item, "DELETE", "remove"],
      ] as const) {
        const operation = operationOf(path, method);
        const own = operation === undefined ? undefined : parts.get(operation.document);
        if (operation === undefined || own === undefined) continue;
        schema ??= new EntitySchema(collection, own, seed);
        this.#played.set(operation, { collection, role, schema });
      }
    }
  }

  reset(): void {
    this.#stores.reset();
  }

  /** Undefined for an operation that keeps nothing. */
  answer({ operation, variables }: Route, writing: Writing): ResponseDefinition | undefined {
    const played = this.#played.get(operation);
    if (played === undefined) return undefined;
    const store = this.#stores.look({ collection: played.collection, variables }, played.schema);
    try {
      return this.#play({ ...played, operation, variables, writing, store });
    } catch (error) {
      if (!(error instanceof StateFull)) throw error;
      return problemAnswer({ status: 507, title: "The mock keeps no more.", detail: `${error.message}; reset it to begin anew.` });
    }
  }

  #play(asked: Asked): ResponseDefinition {
    if (asked.role === "list") return list(asked);
    if (asked.role === "create") return this.#create(asked);
    const id = decode(asked.variables.get(asked.collection.variable) ?? "");
    const item = { ...asked, id, before: asked.store.get(id) };
    if (asked.role === "replace") return this.#replace(item);
    if (item.before === undefined) return missing(item);
    if (asked.role === "change") return this.#change(item, item.before);
    if (asked.role === "remove") this.#keep(asked).delete(id);
    return tellOne(asked.schema.view(item.before), { ...asked, chosen: usualResponse(asked.operation) });
  }

  #keep({ collection, variables, store }: Asked): EntityStore {
    this.#stores.keep({ collection, variables }, store);
    return store;
  }

  #create(asked: Asked): ResponseDefinition {
    const { operation, collection, schema, store, writing } = asked;
    const sent = sentBody(asked);
    if (!isMapping(sent)) return refuse(operation, [notAnObject(operation)]);
    const given = schema.isReadOnly(collection.id) ? undefined : sent[collection.id];
    const id = given ?? schema.newId(store);
    if (id === undefined) {
      const detail = `${placeOf(collection.node)}: the schema of "${collection.id}" allows no id that is not taken.`;
      return problemAnswer({ status: 500, title: "There is no further id.", detail });
    }
    if (store.get(String(id)) !== undefined) return tellStatus(asked, 409, `The id ${String(id)} is taken already.`);
    const wanted = { [collection.id]: id, ...ownProperties(asked, sent) };
    const entity = schema.complete(wanted, { before: undefined, seed: [...writing.seed, String(id)] });
    if (entity === undefined) return refuse(operation, schema.faults({ ...sent, [collection.id]: id }));
    this.#keep(asked).set(String(id), entity);
    return tellCreated(entity, asked, usualResponse(operation));
  }

  /** What is not there is created when the document declares 201. */
  #replace(asked: AskedItem): ResponseDefinition {
    const { operation, collection, schema, writing, id, before } = asked;
    if (before === undefined && !operation.responses.some(({ code }) => code === "201")) return missing(asked);
    const sent = sentBody(asked);
    if (!isMapping(sent)) return refuse(operation, [notAnObject(operation)]);
    const wanted = { [collection.id]: before?.[collection.id] ?? schema.idFrom(id), ...ownProperties(asked, sent) };
    const entity = schema.complete(wanted, { before, seed: [...writing.seed, id] });
    if (entity === undefined) return refuse(operation, schema.faults(wanted));
    this.#keep(asked).set(id, entity);
    if (before === undefined) return tellCreated(entity, asked, responseFor(operation, 201));
    const others = operation.responses.filter(({ code }) => code !== "201");
    const chosen = usualResponse({ ...operation, responses: others }) ?? usualResponse(operation);
    return tellOne(schema.view(entity), { ...asked, chosen });
  }

  #change(asked: AskedItem, before: Entity): ResponseDefinition {
    const { operation, schema, writing, id } = asked;
    const contentType = writing.request.header("content-type")[0] ?? "";
    if (/json-patch\+json/i.test(contentType)) {
      const detail = "Send the properties to change as application/json or application/merge-patch+json.";
      return problemAnswer({ status: 501, title: "JSON Patch is not played.", detail });
    }
    const sent = sentBody(asked);
    if (!isMapping(sent)) return refuse(operation, [notAnObject(operation)]);
    const removesNull = /merge-patch\+json/i.test(contentType);
    const entity = mergePatch(before, ownProperties(asked, sent), (name) => !removesNull && schema.allowsNull(name));
    const faults = schema.faults(entity);
    if (faults.length > 0) return refuse(operation, faults);
    this.#keep(asked).set(id, entity);
    return tellOne(schema.view(entity), { ...asked, chosen: usualResponse(operation) });
  }
}

function list(asked: Asked): ResponseDefinition {
  const { operation, schema, store, variables, writing } = asked;
  const entities = store.all().map((entity) => schema.view(entity));
  const route = { operation, variables };
  const page = pageOf(entities, { route, request: writing.request, properties: schema.properties }, writing.parts);
  return tellPage(page, { ...asked, chosen: usualResponse(operation) });
}

/** With where it is, when that is declared. */
function tellCreated(entity: Entity, asked: Asked, chosen: ChosenResponse | undefined): ResponseDefinition {
  const { collection, role, schema, writing } = asked;
  const location = chosen?.declared.headers.find(({ name }) => name.toLowerCase() === "location")?.name;
  const { path } = writing.request;
  const base = role === "create" ? path.replace(/\/$/, "") : path.replace(/\/[^/]*$/, "");
  const headers = location === undefined ? {} : { [location]: `${base}/${encodeURIComponent(String(entity[collection.id]))}` };
  return tellOne(schema.view(entity), { ...asked, chosen, headers });
}

function missing(asked: AskedItem): ResponseDefinition {
  return tellStatus(asked, 404, `There is no ${asked.collection.item.template} with the id ${asked.id}.`);
}

/** What a caller may set: not the id, and nothing that the service sets itself. */
function ownProperties({ collection, schema }: Asked, sent: Entity): Entity {
  return Object.fromEntries(Object.entries(sent).filter(([name]) => name !== collection.id && !schema.isReadOnly(name)));
}

function sentBody({ operation, writing }: Asked): unknown {
  const { request, parts } = writing;
  const contentType = request.header("content-type")[0] ?? "application/json";
  if (bodyForm(contentType) === "urlencoded") {
    const content = mediaTypeFor(contentType, operation.requestBody?.content ?? []);
    return content?.schema === undefined ? undefined : formValue(content, content.schema, { text: request.text }, parts.shapes);
  }
  const parsed = parse(request.text);
  return parsed.ok ? parsed.value : undefined;
}

function notAnObject(operation: Operation): Fault {
  return { at: "body", message: "must be an object", rule: operation.requestBody?.node ?? operation.node };
}

/** In lenient mode too: of a body that is no entity, nothing can be kept. */
function refuse(operation: Operation, faults: readonly Fault[]): ResponseDefinition {
  const [first] = faults;
  return problemAnswer({
    status: invalidStatus(operation),
    title: "The body is no entity of the document.",
    detail: `${operation.name}: ${first?.at ?? "body"} ${first?.message ?? "is not allowed"}.`,
    violations: toViolations(faults, "request"),
  });
}
