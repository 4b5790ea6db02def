import { execFile } from "node:child_process";
import { Problem } from "@dojang/model";
import { asGuest, guestOwnership } from "@dojang/runtime";

/** A judge that is root runs guests as other users. The root of a container may be one that cannot become anybody else: this says so, before anything looks as if it were missing. */
export async function requireGuests(): Promise<void> {
  const user = guestOwnership();
  if (user === undefined) return;
  const [program = "", ...args] = asGuest(["true"]);
  const said = await new Promise<string | undefined>((resolve) =>
    execFile(program, args, { cwd: "/", timeout: 20_000 }, (error, _, stderr) =>
      resolve(error === null ? undefined : stderr.trim() || error.message),
    ),
  );
  if (said === undefined) return;
  throw new Problem({
    code: "judge-no-guests",
    exit: "infrastructure",
    message: `submissions cannot be run as user ${user.uid}, though the judge is root: ${said}`,
    fix: "run the judge as a user without privileges, who needs user namespaces and nothing else, or give this container all user ids; util-linux has setpriv",
  });
}
