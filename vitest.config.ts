import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * From outside first: those files are short and take minutes, and what begins last is waited for alone. Then as usual: longest first where a
 * former run is remembered, else largest.
 */
class FromOutsideFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isOutside = ({ moduleId }: TestSpecification) => /\/tests\/(?!known\/)/.test(moduleId);
    return [...sorted.filter(isOutside), ...sorted.filter((file) => !isOutside(file))];
  }
}

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "packages/*/tests/**/*.test.ts", "tests/**/*.test.ts", "scripts/**/*.test.ts"],
    // Ends what hangs; how fast something is, the benchmarks say.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: "forks",
    maxWorkers: 3,
    sequence: { sequencer: FromOutsideFirst },
  },
});
