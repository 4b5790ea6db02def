import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

export interface FetchRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly redirects: number;
  readonly insecure: boolean;
}

export interface FetchAnswer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** One exchange, following as many redirects as allowed. */
export async function fetchUrl(request: FetchRequest): Promise<FetchAnswer> {
  const answer = await exchange(request);
  const location = answer.location;
  if (location === undefined || request.redirects === 0) return answer;
  return fetchUrl({ ...request, url: new URL(location, request.url).href, redirects: request.redirects - 1 });
}

function exchange(request: FetchRequest): Promise<FetchAnswer & { location?: string }> {
  return new Promise((resolve, reject) => {
    const url = new URL(/^https?:/.test(request.url) ? request.url : `http://${request.url}`);
    const options = {
      method: request.method,
      headers: request.headers,
      signal: AbortSignal.timeout(request.timeoutMs),
      agent: false as const,
    };
    const asked =
      url.protocol === "https:" ? requestHttps(url, { ...options, rejectUnauthorized: !request.insecure }) : requestHttp(url, options);
    asked.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const status = response.statusCode ?? 0;
        const headers = response.rawHeaders.flatMap((name, index) =>
          index % 2 === 0 ? [`${name}: ${response.rawHeaders[index + 1]}`] : [],
        );
        const location = status >= 300 && status < 400 ? response.headers.location : undefined;
        resolve({
          status,
          headers: [`HTTP/1.1 ${status} ${response.statusMessage ?? ""}`, ...headers],
          body: Buffer.concat(chunks),
          location,
        });
      });
    });
    asked.on("error", reject);
    asked.end(request.body);
  });
}
