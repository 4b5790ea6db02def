import type { DocumentNode } from "../documents/document-node.ts";
import type { OpenApiDocument } from "../documents/openapi-document.ts";
import type { Direction } from "../schemas/lower-schema.ts";
import type { SchemaGraph } from "../schemas/schema-graph.ts";
import type { SchemaJudge } from "../schemas/schema-judge.ts";
import { Random, seedOf } from "./random.ts";
import { SampleRun } from "./sample-run.ts";
import { Impossible } from "./value-maker.ts";

export interface SampleOptions {
  /** The same names give the same sample. */
  readonly seed: readonly string[];
  readonly direction: Direction;
  /** Everything varies: optional parts may be missing, examples of the schema are not used. Default false. */
  readonly vary?: boolean;
}

export type Sample = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

const attempts = 6;
/** Of kept samples, as text. */
const mostKeptCharacters = 8 * 1024 * 1024;

/**
 * Makes values of schemas. What a schema asks for is read off as far as that leads to a value (`sample-run.ts`); the value is then
 * judged, and when it does not hold, it is made again with care: each part judged by its own schema, other alternatives tried. A
 * sample that is given out has always been judged. What does not vary is kept: the same is asked for again and again.
 */
export class Sampler {
  readonly #seed: number;
  readonly #document: OpenApiDocument;
  readonly #graph: SchemaGraph;
  readonly #judge: SchemaJudge;
  #kept = new Map<string, Sample>();
  #keptCharacters = 0;

  constructor(parts: { seed: number; document: OpenApiDocument; graph: SchemaGraph; judge: SchemaJudge }) {
    this.#seed = parts.seed;
    this.#document = parts.document;
    this.#graph = parts.graph;
    this.#judge = parts.judge;
  }

  /** Not to be changed by who gets it. */
  sample(schema: DocumentNode, options: SampleOptions): Sample {
    if (options.vary === true) return this.#make(schema, options);
    const key = [options.direction, schema.file.path, schema.pointer, ...options.seed].join("\n");
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const sample = this.#make(schema, options);
    this.#keptCharacters += key.length + (sample.ok ? (JSON.stringify(sample.value)?.length ?? 0) : sample.message.length);
    if (this.#keptCharacters > mostKeptCharacters) {
      this.#kept = new Map();
      this.#keptCharacters = 0;
    } else this.#kept.set(key, sample);
    return sample;
  }

  #make(schema: DocumentNode, options: SampleOptions): Sample {
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
