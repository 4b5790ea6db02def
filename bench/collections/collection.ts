/** A public collection of correct and buggy programs with tests: where its files are, and how `dojang-judge import` is told of its layout. */
export interface Collection {
  readonly name: string;
  readonly repository: string;
  readonly licence: string;
  readonly language: "python" | "typescript";
  /** How many programs it has: a table with fewer rows is not all of it. */
  readonly programs: number;
  /** A folder of files from a clone; a new one below `work` when they have to be written out first. */
  arrange(clone: string, work: string): Promise<string>;
  /** Flags of `dojang-judge import`. */
  readonly flags: readonly string[];
}
