import type { DocumentNode } from "../documents/document-node.ts";
import type { OpenApiDocument } from "../documents/openapi-document.ts";
import type { Direction } from "../schemas/lower-schema.ts";
import type { SchemaGraph } from "../schemas/schema-graph.ts";
import type { SchemaJudge } from "../schemas/schema-judge.ts";
import { Random, seedOf } from "./random.ts";
import { Impossible, SampleRun } from "./sample-run.ts";

export interface SampleOptions {
  /** The same names give the same sample. */
  readonly seed: readonly string[];
  readonly direction: Direction;
  /** Everything varies: optional parts may be missing, examples of the schema are not used. Default false. */
  readonly vary?: boolean;
}

export type Sample = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

const attempts = 6;

/**
 * Makes values of schemas. What a schema asks for is read off as far as that leads to a value (`sample-run.ts`); the value is then
 * judged, and when it does not hold, it is made again with care: each part judged by its own schema, other alternatives tried. A
 * sample that is given out has always been judged.
 */
export class Sampler {
  readonly #seed: number;
  readonly #document: OpenApiDocument;
  readonly #graph: SchemaGraph;
  readonly #judge: SchemaJudge;

  constructor(parts: { seed: number; document: OpenApiDocument; graph: SchemaGraph; judge: SchemaJudge }) {
    this.#seed = parts.seed;
    this.#document = parts.document;
    this.#graph = parts.graph;
    this.#judge = parts.judge;
  }

  sample(schema: DocumentNode, options: SampleOptions): Sample {
    const random = new Random(seedOf(this.#seed, ...options.seed));
    let last = "nothing satisfies its schema";
    for (let attempt = 0; attempt < attempts; attempt++) {
      const run = new SampleRun({
        document: this.#document,
        graph: this.#graph,
        judge: this.#judge,
        direction: options.direction,
        vary: options.vary === true,
        careful: attempt > 0,
      });
      try {
        const value = run.make([schema], random.branch(attempt));
        if (this.#judge.isValid(schema, options.direction, value)) return { ok: true, value };
        last =
          this.#judge
            .errors(schema, options.direction, value)
            .map(({ path, message }) => `${["", ...path].join("/")} ${message}`.trim())[0] ?? last;
      } catch (error) {
        if (!(error instanceof Impossible)) throw error;
        last = error.message;
      }
    }
    return { ok: false, message: last };
  }
}
