export { type CheckedExercise, type CheckOptions, checkExercise } from "./checking/check-exercise.ts";
export { readSubmission } from "./cli/read-submission.ts";
export * from "./contract.ts";
export type { Engine, Lane, LaneOrder, Unreadable } from "./engines/engine.ts";
export { createEngine, type EngineOptions } from "./engines/engines.ts";
export { exerciseJsonSchema } from "./exercise/exercise-json-schema.ts";
export { loadExercise } from "./exercise/load-exercise.ts";
export { type JudgeOptions, judgeSubmission } from "./judging/judge-submission.ts";
