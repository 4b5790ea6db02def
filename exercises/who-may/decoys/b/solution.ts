type Person = { id: string; role: string; suspended?: boolean } | undefined;
type Paper = { ownerId?: string; editors: readonly string[]; isPublic: boolean; locked?: boolean };

const nobody = () => false;

export const may = (user: Person, action: string, { ownerId, editors, isPublic, locked = false }: Paper): boolean => {
  const signedIn = user && !user.suspended ? user : undefined;
  const is = {
    owner: signedIn ? () => signedIn.id === ownerId : nobody,
    editor: signedIn ? () => editors.indexOf(signedIn.id) >= 0 : nobody,
    admin: signedIn ? () => signedIn.role === "admin" : nobody,
  };
  switch (action) {
    case "read":
      return isPublic || is.owner() || is.editor() || is.admin();
    case "edit":
      return !locked && (is.owner() || is.editor());
    case "share":
      return locked ? false : is.owner();
    case "delete":
      return locked ? is.admin() : is.admin() || is.owner();
  }
  throw new RangeError(`unknown: ${action}`);
};
