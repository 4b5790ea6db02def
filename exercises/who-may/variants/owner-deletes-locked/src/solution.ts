export interface User {
  id: string;
  role: "member" | "admin";
  suspended?: boolean;
}

export interface Document {
  ownerId?: string;
  editors: readonly string[];
  isPublic: boolean;
  locked?: boolean;
}

const actions = ["read", "edit", "share", "delete"];

export function may(user: User | undefined, action: string, document: Document): boolean {
  if (!actions.includes(action)) throw new RangeError(`there is no action ${action}`);
  if (action === "read" && document.isPublic) return true;
  if (user === undefined || user.suspended === true) return false;
  const isAdmin = user.role === "admin";
  const isOwner = user.id === document.ownerId;
  const isEditor = document.editors.includes(user.id);
  const isOpen = document.locked !== true;
  if (action === "read") return isOwner || isEditor || isAdmin;
  if (action === "edit") return isOpen && (isOwner || isEditor);
  if (action === "share") return isOpen && isOwner;
  return isAdmin || isOwner;
}
