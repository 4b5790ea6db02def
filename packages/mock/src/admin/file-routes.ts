import type { AdminCall } from "./admin-call.ts";
import { type AdminResponse, emptyAnswer, jsonAnswer } from "./admin-response.ts";
import type { AdminRoute } from "./admin-route.ts";

export const fileRoutes: readonly AdminRoute[] = [
  { method: "GET", path: "/files", summary: "names of all files below __files", answer: listFiles },
  { method: "PUT", path: "/files/**", summary: "writes a file", answer: putFile },
  { method: "DELETE", path: "/files/**", summary: "removes a file", answer: removeFile },
  { method: "GET", path: "/files/**", summary: "a file as it is", answer: getFile },
];

async function listFiles({ world }: AdminCall): Promise<AdminResponse> {
  return jsonAnswer(await world.files.listBodies());
}

/** Answers the content once more, in base64, as WireMock does. */
async function putFile({ world, params, request }: AdminCall): Promise<AdminResponse> {
  await world.files.writeBody(params.rest ?? "", request.body);
  return jsonAnswer(request.body.toString("base64"));
}

/** A file that is not there is removed already. */
async function removeFile({ world, params }: AdminCall): Promise<AdminResponse> {
  await world.files.removeBody(params.rest ?? "");
  return emptyAnswer();
}

async function getFile({ world, params }: AdminCall): Promise<AdminResponse> {
  const body = await world.files.readBody(params.rest ?? "");
  return body === undefined ? emptyAnswer(404) : { status: 200, headers: [], body };
}
