/** Thrown by `compileXPath`. */
export class XPathSyntaxError extends Error {
  override readonly name = "XPathSyntaxError";
}
