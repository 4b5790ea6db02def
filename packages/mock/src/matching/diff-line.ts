/**
 * One line of the page that says why a request was not matched: what the nearest stub asks for on the left, what the request
 * has on the right, and what is wrong. An empty line is a spacer.
 */
export interface DiffLine {
  readonly expected: string;
  readonly actual: string;
  readonly matches: boolean;
  /** Undefined where nothing is wrong. */
  readonly message?: string;
}

export const spacer: DiffLine = { expected: "", actual: "", matches: true };

export function section(expected: string, actual: string = expected): DiffLine {
  return { expected, actual, matches: true, ...(actual === "" && { message: `${expected} is not present` }) };
}

/** What is not there is said to be so even where nothing is asked for, as in WireMock. */
export function line(attribute: string, expected: string, actual: string, matches: boolean): DiffLine {
  const message = actual === "" ? `${attribute} is not present` : matches ? undefined : `${attribute} does not match`;
  return { expected, actual, matches, ...(message !== undefined && { message }) };
}
