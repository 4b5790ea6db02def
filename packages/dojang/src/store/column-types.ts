import type { ColumnType, Generated } from "kysely";

/** A jsonb column is written as text that `storableJson` made, because pg would turn an array into a PostgreSQL array. */
export type Json<T> = ColumnType<T, string, string>;

/** pg gives 64-bit integers as text; the pool parses those that fit. */
export type Sequence = Generated<number>;
