export * from "./environment.ts";
export * from "./facts.ts";
export * from "./problem.ts";
export * from "./run-event.ts";
export * from "./states.ts";
export * from "./test-id.ts";
