type User = { id: string; role: "member" | "admin"; suspended?: boolean };
type Document = { ownerId?: string; editors: readonly string[]; isPublic: boolean; locked?: boolean };
type Part = "anyone" | "admin" | "owner" | "editor";

const whenOpen = new Map<string, readonly Part[]>([
  ["read", ["admin", "owner", "editor"]],
  ["edit", ["owner", "editor"]],
  ["share", ["owner"]],
  ["delete", ["owner", "admin"]],
]);
const whenLocked = new Map<string, readonly Part[]>([
  ["read", ["admin", "owner", "editor"]],
  ["delete", ["admin"]],
]);

function partsOf(user: User | undefined, document: Document): Set<Part> {
  const parts = new Set<Part>(["anyone"]);
  if (!user || user.suspended) return parts;
  if (user.role === "admin") parts.add("admin");
  if (document.ownerId !== undefined && document.ownerId === user.id) parts.add("owner");
  if (document.editors.some((id) => id === user.id)) parts.add("editor");
  return parts;
}

export function may(user: User | undefined, action: string, document: Document): boolean {
  if (!whenOpen.has(action)) throw new RangeError(action);
  const allowed = (document.locked ? whenLocked : whenOpen).get(action) ?? [];
  const parts = partsOf(user, document);
  const forAll: readonly Part[] = action === "read" && document.isPublic ? ["anyone"] : [];
  return [...allowed, ...forAll].some((part) => parts.has(part));
}
