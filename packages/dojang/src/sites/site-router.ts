import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface RouterTarget {
  readonly path: string;
  readonly strip: boolean;
  readonly url: string;
}

/** A site's routes without nginx, for copies of it that only smoke tests ask. On a port of the loopback, until it is disposed of. */
export async function siteRouter({
  routes,
  host,
}: {
  readonly routes: readonly RouterTarget[];
  readonly host: string;
}): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((incoming, response) => {
    const path = new URL(incoming.url ?? "/", "http://localhost").pathname;
    const route = routeFor(routes, path);
    if (route === undefined) response.writeHead(404).end();
    else pass(incoming, response, { route, host });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  // A server that listens on TCP has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The longest path that fits wins. */
export function routeFor<Route extends Pick<RouterTarget, "path">>(routes: readonly Route[], path: string): Route | undefined {
  const fits = ({ path: prefix }: Route) => prefix === "/" || path === prefix || path.startsWith(`${prefix}/`);
  return routes.filter(fits).sort((a, b) => b.path.length - a.path.length)[0];
}

const answerTimeoutMs = 60_000;

function pass(incoming: IncomingMessage, response: ServerResponse, to: { readonly route: RouterTarget; readonly host: string }): void {
  const { route, host } = to;
  const whole = incoming.url ?? "/";
  const rest = route.strip && route.path !== "/" ? whole.slice(route.path.length) : whole;
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  const headers = { ...incoming.headers, "x-forwarded-host": host, "x-forwarded-proto": "http", "x-forwarded-for": "127.0.0.1" };
  const outgoing = request(new URL(path, route.url), { method: incoming.method, headers, timeout: answerTimeoutMs }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on("timeout", () => outgoing.destroy(new Error("no answer")));
  outgoing.on("error", () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  incoming.pipe(outgoing);
}
