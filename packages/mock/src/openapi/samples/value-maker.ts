import type { DocumentNode } from "../documents/document-node.ts";
import type { OpenApiDocument } from "../documents/openapi-document.ts";
import type { Direction } from "../schemas/lower-schema.ts";
import type { SchemaGraph } from "../schemas/schema-graph.ts";
import type { SchemaJudge } from "../schemas/schema-judge.ts";
import type { Random } from "./random.ts";

/** What makers of lists and objects make their inner values with. */
export interface ValueMaker {
  readonly options: RunOptions;
  /** A value for all the schemas. Throws Impossible. */
  value(schemas: readonly DocumentNode[], at: Spot): unknown;
  /** Whether a schema would be entered again within itself. */
  repeats(schemas: readonly DocumentNode[]): boolean;
}

export interface RunOptions {
  readonly document: OpenApiDocument;
  readonly graph: SchemaGraph;
  readonly judge: SchemaJudge;
  readonly direction: Direction;
  readonly vary: boolean;
  /** Judges every value by its own schema, and tries other ways where it does not hold. */
  readonly careful: boolean;
}

export interface Spot {
  readonly random: Random;
  readonly depth: number;
  /** Of the property that the value stands in. */
  readonly name: string | undefined;
  /** Among the items of a list: later ones take later examples. */
  readonly index: number;
}

export interface Attempt extends Spot {
  /** Counts from 0; later ones go other ways. */
  readonly attempt: number;
}

/** Optional parts beyond this depth are left out. */
export const deepestOptional = 6;

/** No value was found: there is none, or it is beyond what is searched for. */
export class Impossible extends Error {
  override readonly name: string = "Impossible";
}

/** Trying another way at the same place would not help: only what is optional above can be left out. */
export class OutOfBounds extends Impossible {
  override readonly name = "OutOfBounds";
}
