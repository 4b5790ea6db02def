import type { MockDefinition } from "@dojang/model";

/** For tests: a mock that plays nothing yet, as dojang.yml makes it when nothing is said. */
export const exampleDefinition: MockDefinition = {
  specification: undefined,
  stubs: undefined,
  openapi: undefined,
  hosts: [],
  ports: [],
  mode: "lenient",
  seed: 1,
  onUnmatched: "fail",
  onUndeclared: "warn",
  onUnused: "warn",
};
