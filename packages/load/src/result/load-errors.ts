import type { LoadError } from "./load-result.ts";

/** In the order of their codes in samples, which count from 1. `words` is for people. */
export const loadErrors: readonly { readonly error: LoadError; readonly words: string }[] = [
  { error: "refused", words: "the connection was refused" },
  { error: "connect-timeout", words: "no connection in time" },
  { error: "timeout", words: "no complete answer in time" },
  { error: "reset", words: "the connection was reset" },
  { error: "closed", words: "the connection was closed before the answer ended" },
  { error: "garbage", words: "the answer is not HTTP" },
  { error: "too-large", words: "the answer is larger than the limit" },
  { error: "tls", words: "the TLS handshake failed" },
  { error: "dns", words: "the name was not found" },
  { error: "status", words: "the status says error" },
  { error: "check", words: "a check of the scenario failed" },
  { error: "capture", words: "a value to capture was not in the answer" },
  { error: "no-port", words: "the generator ran out of ports or sockets" },
  { error: "unfinished", words: "still open when the run was ended" },
  { error: "unsent", words: "too many requests waited for a connection" },
  { error: "script", words: "the script failed" },
];

const codes = new Map(loadErrors.map(({ error }, index) => [error, index + 1]));

export function errorCode(error: LoadError): number {
  return codes.get(error) ?? 0;
}

export function errorOfCode(code: number): LoadError | undefined {
  return loadErrors[code - 1]?.error;
}
