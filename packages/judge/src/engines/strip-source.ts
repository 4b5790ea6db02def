import { stripTypeScriptTypes } from "node:module";

export type Stripped = { readonly text: string } | { readonly unreadable: { readonly message: string; readonly line?: number } };

/** TypeScript without its types, every line and column where it was. Nothing is run. For what the author of an exercise wrote: see strip-submission.ts. */
export function stripSource(text: string): Stripped {
  try {
    return { text: quietly(() => stripTypeScriptTypes(text, { mode: "strip" })) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return strippedOf(error);
  }
}

/** The stack begins with the place, as ":3\n\nconst x = ;\n          ^": the error has no field for it. */
export function strippedOf({ message, stack = "" }: { readonly message: string; readonly stack?: string }): Stripped {
  const found = /^[^\n]*:(\d+)\n/.exec(stack)?.[1];
  const line = found === undefined ? undefined : Number(found);
  return { unreadable: { message: `SyntaxError: ${message.trim()}`, ...(line === undefined ? {} : { line }) } };
}

/** The function is marked experimental and says so on the user's terminal once; nothing else can warn in between. */
function quietly<Value>(work: () => Value): Value {
  const warn = process.emitWarning;
  process.emitWarning = () => {};
  try {
    return work();
  } finally {
    process.emitWarning = warn;
  }
}
