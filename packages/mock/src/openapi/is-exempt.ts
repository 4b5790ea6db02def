import type { StubMapping } from "../mapping/stub-mapping.ts";

/** `metadata: { dojang: { contract: ignore } }`: a stub that breaks the contract on purpose. Its calls are noted and never refused. */
export function isExempt({ metadata }: StubMapping): boolean {
  const own: unknown = metadata?.dojang;
  return typeof own === "object" && own !== null && "contract" in own && own.contract === "ignore";
}
