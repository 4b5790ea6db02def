import { Problem } from "@dojang/model";
import { packRelease } from "../releases/pack-release.ts";
import type { Release } from "../releases/release.ts";
import type { Store } from "../store/store.ts";
import type { ServerDojang } from "./server-dojang.ts";

export interface SendOptions {
  readonly store: Pick<Store, "home">;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** The release is on the server afterwards: the very one that was built here. One that is there is not sent again. Throws Problem `release-not-sent`. */
export async function sendRelease(there: ServerDojang, release: Release, { store, signal, say }: SendOptions): Promise<void> {
  const known = await there.run(["releases", "has", release.id, "--digest", release.digest], { signal });
  if (known.exitCode === 0) return;
  if (known.exitCode !== 1) throw notSent(there, release, known.said);
  say(`${release.id} is sent to ${there.name}`);
  await using parcel = await packRelease(store, release, signal);
  const answer = await there.run(["releases", "import"], { signal, input: parcel.stream });
  if (answer.exitCode !== 0) throw notSent(there, release, answer.said);
  await parcel.done;
}

function notSent(there: ServerDojang, release: Release, said: string): Problem {
  return new Problem({
    code: "release-not-sent",
    exit: "infrastructure",
    message: `${there.name} did not take ${release.id}: ${said.trim().slice(-1000)}`,
    fix: "mend what it says (space on its disk, `dojang doctor` there, the same version of Dojang: `dojang provision`) and deploy again",
  });
}
