import { renderNotMatched } from "../admin/not-matched-page.ts";
import type { Call } from "./call.ts";
import { deliver } from "./deliver.ts";
import type { World } from "./mock-world.ts";
import { staticFileAnswer } from "./static-file.ts";

/** Nothing answers: a file below `__files` with the path's name does, as in WireMock, else the page that says what came closest. */
export async function serveNotMatched(world: World, call: Call): Promise<void> {
  const page = renderNotMatched(world, call.request);
  const contentType = page.headers.find(({ name }) => name.toLowerCase() === "content-type")?.value.split(";")[0];
  call.notice("REQUEST_NOT_MATCHED", { status: page.status, contentType, report: page.body.toString("utf8") });
  const file = call.request.method === "GET" ? await staticFileAnswer(world, call.request, call.request.path) : undefined;
  const answer = file ?? { ...page, addLength: false };
  await deliver(world, call, { answeredBy: "nothing", stub: undefined, definition: undefined, answer, delayMs: 0 });
}
