import { wireMockVersion } from "../version.ts";
import type { AdminCall } from "./admin-call.ts";
import { AdminRefusal } from "./admin-refusal.ts";
import { type AdminResponse, emptyAnswer, jsonAnswer, textAnswer } from "./admin-response.ts";
import type { AdminRoute } from "./admin-route.ts";

export const serverRoutes: readonly AdminRoute[] = [
  { method: "POST", path: "/reset", summary: "back to the stubs of the files; journal and scenarios are forgotten", answer: reset },
  { method: "POST", path: "/shutdown", summary: "ends the server", answer: shutdown },
  { method: "GET", path: "/health", summary: "that the server answers, and for how long it has", answer: health },
  { method: "GET", path: "/version", summary: "the WireMock version whose admin API this is", answer: version },
  { method: "GET", path: "/certs/wiremock-ca.crt", summary: "the authority that signs certificates of proxied hosts", answer: authority },
];

async function reset({ world }: AdminCall): Promise<AdminResponse> {
  await world.reset();
  return emptyAnswer();
}

function shutdown({ world }: AdminCall): AdminResponse {
  world.shutdown();
  return emptyAnswer();
}

function health({ world }: AdminCall): AdminResponse {
  const now = Date.now();
  return jsonAnswer({
    status: "healthy",
    // Clients wait for these words.
    message: "Wiremock is ok",
    version: wireMockVersion,
    uptimeInSeconds: Math.floor((now - world.startedAt) / 1000),
    timestamp: new Date(now).toISOString(),
  });
}

function version({ request }: AdminCall): AdminResponse {
  if (request.header("Accept")[0]?.includes("text/plain")) return textAnswer({ text: wireMockVersion, contentType: "text/plain" });
  return jsonAnswer({ version: wireMockVersion });
}

async function authority({ world }: AdminCall): Promise<AdminResponse> {
  const pem = await world.certificateAuthority();
  if (pem !== undefined) return textAnswer({ text: pem, contentType: "application/x-pem-file" });
  const detail = "start the mock with --enable-browser-proxying";
  throw new AdminRefusal(404, [{ code: 50, title: "there is no certificate authority: browser proxying is off", detail }]);
}
