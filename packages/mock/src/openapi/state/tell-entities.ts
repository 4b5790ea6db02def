import type { ResponseDefinition } from "../../mapping/stub-mapping.ts";
import { type ChosenResponse, responseFor } from "../answers/choose-response.ts";
import { problemAnswer } from "../answers/problem-answer.ts";
import { toViolations } from "../answers/refusals.ts";
import { sampleAnswer } from "../answers/sample-answer.ts";
import { contentFor, type Writing, writeResponse } from "../answers/write-response.ts";
import { isMapping } from "../documents/document-node.ts";
import type { MediaType, Operation } from "../reading/operation.ts";
import type { Entity } from "./entity-store.ts";
import { envelope, type Page } from "./listing.ts";
import type { Collection } from "./read-collections.ts";

export interface Telling {
  readonly operation: Operation;
  readonly collection: Collection;
  readonly writing: Writing;
  readonly chosen: ChosenResponse | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One entity as a response declares it: whole, only its declared properties, or as part of what else the response says. */
export function tellOne(view: Entity, telling: Telling): ResponseDefinition {
  const { chosen, writing, collection } = telling;
  const content = chosen === undefined ? undefined : contentFor(chosen, writing.request);
  if (chosen === undefined || content?.schema === undefined) return plain(telling);
  const { shapes, sampler } = writing.parts;
  const shape = shapes.of(content.schema);
  const { entity: wrapper, id } = collection;
  const wrapped = wrapper !== undefined && shape.properties.has(wrapper) && !shape.properties.has(id);
  const sample = sampler.sample(content.schema, { seed: writing.seed, direction: "response" });
  const around: Entity = sample.ok && isMapping(sample.value) ? sample.value : {};
  const narrow = project(view, [...shape.properties.keys()]);
  const candidates = wrapped ? [{ [wrapper]: view }, { ...around, [wrapper]: view }] : [view, narrow, { ...around, ...narrow }];
  return tell({ ...telling, chosen, content, candidates });
}

/** A page as a listing declares it: a list or an object around one, of whole entities or of their declared properties. */
export function tellPage(page: Page, telling: Telling): ResponseDefinition {
  const { chosen, writing, collection } = telling;
  const content = chosen === undefined ? undefined : contentFor(chosen, writing.request);
  if (chosen === undefined || content?.schema === undefined) return plain(telling);
  const { schema } = content;
  const { shapes, sampler } = writing.parts;
  const { list } = collection;
  const within = list === undefined ? [schema] : (shapes.of(schema).properties.get(list) ?? []);
  const names = within.flatMap((each) => shapes.of(each).items).flatMap((each) => [...shapes.of(each).properties.keys()]);
  const candidates = [page.entities, page.entities.map((entity) => project(entity, names))].map((values) => {
    if (list === undefined) return values;
    const sample = sampler.sample(schema, { seed: writing.seed, direction: "response" });
    return envelope({ name: list, values, page }, { schema, sample: sample.ok ? sample.value : undefined }, writing.parts);
  });
  const totals = chosen.declared.headers.filter(({ name }) => /^(x-)?total(-count)?$/i.test(name));
  const headers = Object.fromEntries(totals.map(({ name }) => [name, String(page.total)]));
  return tell({ ...telling, chosen, content, candidates, headers });
}

/** A status without an entity: as declared, else in the mock's own words. */
export function tellStatus(
  { operation, writing }: Pick<Telling, "operation" | "writing">,
  status: 404 | 409,
  detail: string,
): ResponseDefinition {
  const chosen = responseFor(operation, status);
  if (chosen !== undefined) return sampleAnswer(chosen, noPreferences, writing);
  return problemAnswer({ status, title: status === 404 ? "Not found" : "Conflict", detail });
}

/** The first candidate that the schema allows. */
function tell(
  told: Telling & { readonly chosen: ChosenResponse; readonly content: MediaType; readonly candidates: readonly unknown[] },
): ResponseDefinition {
  const { operation, writing, chosen, content, candidates, headers = {} } = told;
  const { schema } = content;
  const { judge } = writing.parts;
  const value = schema === undefined ? candidates[0] : candidates.find((each) => judge.isValid(schema, "response", each));
  if (value !== undefined || schema === undefined) return writeResponse(chosen, { value, content, headers }, writing);
  const errors = judge.errors(schema, "response", candidates[0]);
  return problemAnswer({
    status: 500,
    title: "What is kept cannot be told as the document declares.",
    detail: `${operation.name}, status ${chosen.status}: correct the schema, or name the parts of the answer in x-dojang-state.`,
    violations: toViolations(
      errors.map(({ path, message, rule }) => ({ at: ["body", ...path].join("/"), message, rule })),
      "response",
    ),
  });
}

/** A response without a schema to fill. */
function plain({ chosen, headers = {}, writing }: Telling): ResponseDefinition {
  if (chosen === undefined) return { status: 200, headers };
  const sampled = sampleAnswer(chosen, noPreferences, writing);
  return { ...sampled, headers: { ...sampled.headers, ...headers } };
}

const noPreferences = { code: undefined, example: undefined, dynamic: undefined };

function project(entity: Entity, names: readonly string[]): Entity {
  if (names.length === 0) return entity;
  const known = new Set(names);
  return Object.fromEntries(Object.entries(entity).filter(([name]) => known.has(name)));
}
