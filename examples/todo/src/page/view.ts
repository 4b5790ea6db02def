import { type Account, ApiError } from "./api-client.ts";
import { element } from "./element.ts";
import { errorText, type Words } from "./words.ts";

/** What every view is given. */
export interface ViewContext {
  readonly words: Words;
  readonly account: Account | undefined;
}

/** A line that says what went wrong and is read out when it changes. */
export function createErrorLine(words: Words): { line: HTMLElement; clear(): void; attempt(work: () => Promise<void>): Promise<boolean> } {
  const line = element("p", { className: "error", attributes: { role: "alert" } });
  const clear = () => {
    line.textContent = "";
  };
  return {
    line,
    clear,
    attempt: async (work) => {
      try {
        await work();
        clear();
        return true;
      } catch (error) {
        line.textContent = error instanceof ApiError ? errorText(words, error.code) : words.failed;
        return false;
      }
    },
  };
}
