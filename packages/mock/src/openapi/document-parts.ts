import type { OpenApiDocument } from "./documents/openapi-document.ts";
import { Sampler } from "./samples/sampler.ts";
import type { SchemaGraph } from "./schemas/schema-graph.ts";
import { SchemaJudge } from "./schemas/schema-judge.ts";
import { SchemaShapes } from "./schemas/schema-shape.ts";

/** What works on the schemas of one document: they are compiled and read once for all its operations. */
export interface DocumentParts {
  readonly document: OpenApiDocument;
  readonly graph: SchemaGraph;
  readonly judge: SchemaJudge;
  readonly shapes: SchemaShapes;
  readonly sampler: Sampler;
}

export function documentParts(document: OpenApiDocument, graph: SchemaGraph, seed: number): DocumentParts {
  const judge = new SchemaJudge(document, graph);
  const shapes = new SchemaShapes(document);
  return { document, graph, judge, shapes, sampler: new Sampler({ seed, document, graph, judge }) };
}
