import type { ResponseDefinition } from "../../mapping/stub-mapping.ts";
import { type ChosenResponse, responseFor, usualResponse } from "../answers/choose-response.ts";
import { problemAnswer } from "../answers/problem-answer.ts";
import { invalidStatus, toViolations } from "../answers/refusals.ts";
import { sampleAnswer } from "../answers/sample-answer.ts";
import { contentFor, type Writing, writeResponse } from "../answers/write-response.ts";
import type { DocumentParts } from "../document-parts.ts";
import { isMapping, placeOf } from "../documents/document-node.ts";
import type { OpenApiDocument } from "../documents/openapi-document.ts";
import { formValue } from "../messages/judge-bodies.ts";
import { type Fault, parse } from "../messages/judge-values.ts";
import { bodyForm, mediaTypeFor } from "../messages/media-type.ts";
import type { MediaType, Operation } from "../reading/operation.ts";
import { decode } from "../routing/path-template.ts";
import type { Route } from "../routing/served-paths.ts";
import { EntitySchema } from "./entity-schema.ts";
import { type Entity, EntityStore, Limits, StateFull } from "./entity-store.ts";
import { envelope, pageOf } from "./listing.ts";
import { mergePatch } from "./merge-patch.ts";
import { type Collection, operationOf } from "./read-collections.ts";

type Role = "list" | "create" | "read" | "replace" | "change" | "remove";

interface Played {
  readonly collection: Collection;
  readonly role: Role;
}

interface Asked {
  readonly played: Played;
  readonly route: Route;
  readonly writing: Writing;
}

/**
 * Collections that keep what is created (`x-dojang-state`). Each answer is the one that the document declares for what happened, and is
 * judged by its schema before it goes out: what cannot be told as the document declares is a 500 that says so, never a wrong answer.
 */
export class State {
  readonly #seed: number;
  readonly #played = new Map<Operation, Played>();
  readonly #schemas = new Map<Collection, EntitySchema>();
  #stores = new Map<string, EntityStore>();
  #limits = new Limits();

  constructor(collections: readonly Collection[], parts: ReadonlyMap<OpenApiDocument, DocumentParts>, seed: number) {
    this.#seed = seed;
    for (const collection of collections) {
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
        this.#played.set(operation, { collection, role });
        if (!this.#schemas.has(collection)) this.#schemas.set(collection, new EntitySchema(collection, own, seed));
      }
    }
  }

  reset(): void {
    this.#stores = new Map();
    this.#limits = new Limits();
  }

  /** Undefined for an operation that keeps nothing. */
  answer(route: Route, writing: Writing): ResponseDefinition | undefined {
    const played = this.#played.get(route.operation);
    if (played === undefined) return undefined;
    try {
      return this.#play({ played, route, writing });
    } catch (error) {
      if (!(error instanceof StateFull)) throw error;
      return problemAnswer({ status: 507, title: "The mock keeps no more.", detail: `${error.message}; reset it to begin anew.` });
    }
  }

  #play(asked: Asked): ResponseDefinition {
    switch (asked.played.role) {
      case "list":
        return this.#list(asked);
      case "create":
        return this.#create(asked);
      default:
        return this.#item(asked);
    }
  }

  #list(asked: Asked): ResponseDefinition {
    const { played, route, writing } = asked;
    const { collection } = played;
    const schema = this.#schema(asked);
    const entities = this.#store(asked, "look")
      .all()
      .map((entity) => schema.view(entity));
    const page = pageOf(entities, { route, request: writing.request, properties: schema.properties }, writing.parts);
    const chosen = usualResponse(route.operation);
    const content = chosen === undefined ? undefined : contentFor(chosen, writing.request);
    if (chosen === undefined || content?.schema === undefined) return this.#plain(asked, chosen);
    const { schema: answer } = content;
    const shapes = writing.parts.shapes;
    const within = collection.list === undefined ? [answer] : (shapes.of(answer).properties.get(collection.list) ?? []);
    const inner = within.flatMap((each) => shapes.of(each).items);
    const whole = page.entities;
    const narrow = whole.map((entity) =>
      project(
        entity,
        inner.flatMap((each) => [...shapes.of(each).properties.keys()]),
      ),
    );
    const { list } = collection;
    const candidates = [whole, narrow].map((values) => {
      if (list === undefined) return values;
      const sample = writing.parts.sampler.sample(answer, { seed: writing.seed, direction: "response" });
      return envelope({ name: list, values, page }, { schema: answer, sample: sample.ok ? sample.value : undefined }, writing.parts);
    });
    const counted = chosen.declared.headers
      .filter(({ name }) => /^(x-)?total(-count)?$/i.test(name))
      .map(({ name }) => [name, String(page.total)]);
    return this.#tell(asked, { chosen, content, candidates, headers: Object.fromEntries(counted) });
  }

  #create(asked: Asked): ResponseDefinition {
    const { played, route, writing } = asked;
    const { id: key } = played.collection;
    const schema = this.#schema(asked);
    const sent = sentBody(asked);
    if (!isMapping(sent)) return refuse(route.operation, [notAnObject(route.operation)]);
    const store = this.#store(asked, "keep");
    const given = schema.isReadOnly(key) ? undefined : sent[key];
    const id = given ?? schema.newId(store);
    if (id === undefined)
      return problemAnswer({
        status: 500,
        title: "There is no further id.",
        detail: `${placeOf(played.collection.node)}: the schema of "${key}" allows no id that is not taken.`,
      });
    if (store.get(String(id)) !== undefined) return this.#conflict(asked, String(id));
    const owned = Object.entries(sent).filter(([name]) => name !== key && !schema.isReadOnly(name));
    const entity = schema.complete({ [key]: id, ...Object.fromEntries(owned) }, { before: undefined, seed: [...writing.seed, String(id)] });
    if (entity === undefined) return refuse(route.operation, schema.faults({ ...sent, [key]: id }));
    store.set(String(id), entity);
    return this.#created(asked, entity, usualResponse(route.operation));
  }

  #created(asked: Asked, entity: Entity, chosen: ChosenResponse | undefined): ResponseDefinition {
    const { played, writing } = asked;
    const location = chosen?.declared.headers.find(({ name }) => name.toLowerCase() === "location")?.name;
    const base = played.role === "create" ? writing.request.path.replace(/\/$/, "") : writing.request.path.replace(/\/[^/]*$/, "");
    const headers = location === undefined ? {} : { [location]: `${base}/${encodeURIComponent(String(entity[played.collection.id]))}` };
    return this.#one(asked, entity, { chosen, headers });
  }

  #item(asked: Asked): ResponseDefinition {
    const { played, route } = asked;
    const { role, collection } = played;
    const id = decode(route.variables.get(variableOf(route, collection)) ?? "");
    const store = this.#store(asked, role === "read" ? "look" : "keep");
    const before = store.get(id);
    if (before === undefined) return role === "replace" ? this.#replace(asked, { id, before, store }) : this.#missing(asked, id);
    switch (role) {
      case "read":
        return this.#one(asked, before, { chosen: usualResponse(route.operation) });
      case "replace":
        return this.#replace(asked, { id, before, store });
      case "change":
        return this.#change(asked, { id, before, store });
      default:
        store.delete(id);
        return this.#one(asked, before, { chosen: usualResponse(route.operation) });
    }
  }

  /** What is not there is created when the document declares 201. */
  #replace(asked: Asked, { id, before, store }: { id: string; before: Entity | undefined; store: EntityStore }): ResponseDefinition {
    const { played, route, writing } = asked;
    const { operation } = route;
    if (before === undefined && !operation.responses.some(({ code }) => code === "201")) return this.#missing(asked, id);
    const schema = this.#schema(asked);
    const sent = sentBody(asked);
    if (!isMapping(sent)) return refuse(operation, [notAnObject(operation)]);
    const key = played.collection.id;
    const owned = Object.entries(sent).filter(([name]) => name !== key && !schema.isReadOnly(name));
    const wanted = { [key]: before?.[key] ?? schema.idFrom(id), ...Object.fromEntries(owned) };
    const entity = schema.complete(wanted, { before, seed: [...writing.seed, id] });
    if (entity === undefined) return refuse(operation, schema.faults(wanted));
    store.set(id, entity);
    if (before === undefined) return this.#created(asked, entity, responseFor(operation, 201));
    return this.#one(asked, entity, { chosen: usualOf(operation, (code) => code !== "201") });
  }

  #change(asked: Asked, { id, before, store }: { id: string; before: Entity; store: EntityStore }): ResponseDefinition {
    const { played, route, writing } = asked;
    const schema = this.#schema(asked);
    const contentType = writing.request.header("content-type")[0] ?? "";
    if (/json-patch\+json/i.test(contentType)) {
      return problemAnswer({
        status: 501,
        title: "JSON Patch is not played.",
        detail: "Send the properties to change as application/json or application/merge-patch+json.",
      });
    }
    const sent = sentBody(asked);
    if (!isMapping(sent)) return refuse(route.operation, [notAnObject(route.operation)]);
    const owned = Object.entries(sent).filter(([name]) => name !== played.collection.id && !schema.isReadOnly(name));
    const removesNull = /merge-patch\+json/i.test(contentType);
    const entity = mergePatch(before, Object.fromEntries(owned), (name) => !removesNull && schema.allowsNull(name));
    const faults = schema.faults(entity);
    if (faults.length > 0) return refuse(route.operation, faults);
    store.set(id, entity);
    return this.#one(asked, entity, { chosen: usualResponse(route.operation) });
  }

  /** One entity as a response declares it: whole, only its declared properties, or as part of what else the response says. */
  #one(
    asked: Asked,
    entity: Entity,
    { chosen, headers = {} }: { chosen: ChosenResponse | undefined; headers?: Readonly<Record<string, string>> },
  ): ResponseDefinition {
    const { played, writing } = asked;
    const content = chosen === undefined ? undefined : contentFor(chosen, writing.request);
    if (chosen === undefined || content?.schema === undefined) return this.#plain(asked, chosen, headers);
    const { shapes, sampler } = writing.parts;
    const shape = shapes.of(content.schema);
    const view = this.#schema(asked).view(entity);
    const { entity: wrapper, id } = played.collection;
    const wrapped = wrapper !== undefined && shape.properties.has(wrapper) && !shape.properties.has(id);
    const sample = sampler.sample(content.schema, { seed: writing.seed, direction: "response" });
    const around: Entity = sample.ok && isMapping(sample.value) ? sample.value : {};
    const narrow = project(view, [...shape.properties.keys()]);
    const candidates = wrapped ? [{ [wrapper]: view }, { ...around, [wrapper]: view }] : [view, narrow, { ...around, ...narrow }];
    return this.#tell(asked, { chosen, content, candidates, headers });
  }

  #tell(
    { route, writing }: Asked,
    told: {
      readonly chosen: ChosenResponse;
      readonly content: MediaType;
      readonly candidates: readonly unknown[];
      readonly headers: Readonly<Record<string, string>>;
    },
  ): ResponseDefinition {
    const { chosen, content, candidates, headers } = told;
    const { schema } = content;
    const { judge } = writing.parts;
    const value = schema === undefined ? candidates[0] : candidates.find((each) => judge.isValid(schema, "response", each));
    if (value !== undefined || schema === undefined) return writeResponse(chosen, { value, content, headers }, writing);
    const faults = judge
      .errors(schema, "response", candidates[0])
      .map(({ path, message, rule }) => ({ at: ["body", ...path].join("/"), message, rule }));
    return problemAnswer({
      status: 500,
      title: "What is kept cannot be told as the document declares.",
      detail: `${route.operation.name}, status ${chosen.status}: correct the schema, or name the parts of the answer in x-dojang-state.`,
      violations: toViolations(faults, "response"),
    });
  }

  /** A response without a schema to fill. */
  #plain({ writing }: Asked, chosen: ChosenResponse | undefined, headers: Readonly<Record<string, string>> = {}): ResponseDefinition {
    if (chosen === undefined) return { status: 200, headers };
    const sampled = sampleAnswer(chosen, noPreferences, writing);
    return { ...sampled, headers: { ...sampled.headers, ...headers } };
  }

  #missing(asked: Asked, id: string): ResponseDefinition {
    return this.#declaredOr(asked, 404, `There is no ${asked.played.collection.item.template} with the id ${id}.`);
  }

  #conflict(asked: Asked, id: string): ResponseDefinition {
    return this.#declaredOr(asked, 409, `The id ${id} is taken already.`);
  }

  #declaredOr({ route, writing }: Asked, status: number, detail: string): ResponseDefinition {
    const chosen = responseFor(route.operation, status);
    if (chosen !== undefined) return sampleAnswer(chosen, noPreferences, writing);
    return problemAnswer({ status, title: status === 404 ? "Not found" : "Conflict", detail });
  }

  #schema({ played }: Asked): EntitySchema {
    const schema = this.#schemas.get(played.collection);
    if (schema === undefined) throw new Error(`no schema of ${played.collection.collection.template}`);
    return schema;
  }

  /** To `keep` makes a place for the collection; to `look` leaves none behind: paths of parents can be anything. */
  #store(asked: Asked, purpose: "look" | "keep"): EntityStore {
    const { played, route } = asked;
    const { collection } = played.collection;
    const parents = [...route.variables].slice(0, [...collection.template.matchAll(/\{/g)].length).map(([, value]) => value);
    const key = [collection.node.file.path, collection.template, ...parents].join("\n");
    const known = this.#stores.get(key);
    if (known !== undefined) return known;
    const store = new EntityStore(purpose === "keep" ? this.#limits : new Limits());
    if (played.collection.examples) this.#seedFrom(store, asked);
    if (purpose === "keep") this.#stores.set(key, store);
    return store;
  }

  /** The entities of the listing's first example. */
  #seedFrom(store: EntityStore, { played }: Asked): void {
    const { collection, list, id, item, entity } = played.collection;
    const schema = this.#schemas.get(played.collection);
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
        if (schema === undefined || schema.faults(value).length === 0) store.set(String(value[id]), value);
      }
    }
  }
}

const noPreferences = { code: undefined, example: undefined, dynamic: undefined };

/** The variable of an item's path in the operation that was found: paths with a base path have the same names. */
function variableOf(route: Route, collection: Collection): string {
  return route.variables.has(collection.variable) ? collection.variable : ([...route.variables.keys()].at(-1) ?? "");
}

function usualOf(operation: Operation, wanted: (code: string) => boolean): ChosenResponse | undefined {
  const others = operation.responses.filter(({ code }) => wanted(code));
  return usualResponse({ ...operation, responses: others }) ?? usualResponse(operation);
}

function sentBody({ route, writing }: Asked): unknown {
  const { request, parts } = writing;
  const contentType = request.header("content-type")[0] ?? "application/json";
  if (bodyForm(contentType) === "urlencoded") {
    const content = mediaTypeFor(contentType, route.operation.requestBody?.content ?? []);
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

function project(entity: Entity, names: readonly string[]): Entity {
  if (names.length === 0) return entity;
  const known = new Set(names);
  return Object.fromEntries(Object.entries(entity).filter(([name]) => known.has(name)));
}
