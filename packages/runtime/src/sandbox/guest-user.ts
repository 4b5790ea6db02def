/** The unprivileged user that every guest of this machine runs as when Dojang itself is root. */
export interface GuestUser {
  readonly uid: number;
  readonly gid: number;
}

/** Outside what useradd, subordinate ids, systemd's dynamic users and containers hand out (below 2^31, above 1879048192 systemd's own). */
const guestId = 1_933_574_144;

/**
 * Who owns what guests write; undefined when Dojang runs without privileges, for then it is the user itself. A tree laid
 * out for `workspace.tree` has to belong to this user, or each environment copies it.
 */
export function guestOwnership(): GuestUser | undefined {
  return process.getuid?.() === 0 ? { uid: guestId, gid: guestId } : undefined;
}

/** The user of environments that have one of their own; undefined where Dojang cannot choose users. */
export function ownUserOf(number: number | undefined): GuestUser | undefined {
  const common = guestOwnership();
  return common === undefined || number === undefined ? common : { uid: common.uid + number, gid: common.gid + number };
}

/** The same command as the guest's user. */
export function asGuest(argv: readonly string[]): readonly string[] {
  const guest = guestOwnership();
  if (guest === undefined) return argv;
  return ["setpriv", "--reuid", String(guest.uid), "--regid", String(guest.gid), "--clear-groups", "--", ...argv];
}
