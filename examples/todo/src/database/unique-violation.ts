/** Whether a statement failed because the named constraint or index already holds the value (SQLSTATE 23505). */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  return error instanceof Error && "code" in error && error.code === "23505" && "constraint" in error && error.constraint === constraint;
}
