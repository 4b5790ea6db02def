/** Thrown by `compileXPath`; `checkXPath` gives its message instead. */
export class XPathSyntaxError extends Error {
  override readonly name = "XPathSyntaxError";
}
