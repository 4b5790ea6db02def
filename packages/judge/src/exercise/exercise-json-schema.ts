import { z } from "zod";
import { exerciseFileSchema } from "./exercise-file.ts";

/** Of exercise.yml, for editors: docs/reference/exercise.schema.json. */
export function exerciseJsonSchema(): unknown {
  return { $id: "https://dojang.dev/exercise.schema.json", ...z.toJSONSchema(exerciseFileSchema, { io: "input" }) };
}
