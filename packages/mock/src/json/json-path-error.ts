/** Thrown by `compileJsonPath`; `checkJsonPath` gives its message instead. */
export class JsonPathSyntaxError extends Error {
  override readonly name = "JsonPathSyntaxError";
}
