export type * from "./contract.ts";
export type * from "./mapping/stub-mapping.ts";
