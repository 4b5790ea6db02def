import { Problem } from "@dojang/model";
import { z } from "zod";

/** The parts of an HTTP Archive (HAR 1.2) that a scenario is made from. A page is a visit: `dojang report --har` writes one for each test. */
const pair = z.object({ name: z.string(), value: z.string() });
const harSchema = z.object({
  log: z.object({
    pages: z.array(z.object({ id: z.string(), title: z.string().optional() })).optional(),
    entries: z
      .array(
        z.object({
          pageref: z.string().optional(),
          startedDateTime: z.string(),
          time: z.number().optional(),
          request: z.object({
            method: z.string(),
            url: z.string(),
            headers: z.array(pair),
            postData: z.object({ mimeType: z.string().optional(), text: z.string().optional() }).optional(),
          }),
          response: z.object({
            status: z.number(),
            headers: z.array(pair),
            content: z.object({ mimeType: z.string().optional(), text: z.string().optional(), encoding: z.string().optional() }).optional(),
          }),
        }),
      )
      .max(100_000),
  }),
});

/** One recorded exchange. Bodies as text; undefined when there was none or it was not kept. */
export interface Exchange {
  /** The visit it belongs to. */
  readonly visit: string;
  readonly at: number;
  readonly durationMs: number;
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: string | undefined;
  readonly status: number;
  readonly responseHeaders: readonly { readonly name: string; readonly value: string }[];
  readonly responseBody: string | undefined;
}

/** In order of time. Throws a Problem that names the file and what is wrong. */
export function parseHar(file: string, text: string): readonly Exchange[] {
  const fail = (message: string) =>
    new Problem({
      code: "har-invalid",
      message: `${file} is no HTTP archive: ${message}`,
      fix: "export one from a browser's network view (HAR), or by `dojang report --har`",
      exit: "configuration",
      place: { file },
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw fail(error instanceof Error ? error.message : String(error));
  }
  const parsed = harSchema.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const at = issue?.path.join(".") || "the file";
    throw fail(issue?.input === undefined ? `${at} is missing` : `${at}: ${issue.message}`);
  }
  const titles = new Map((parsed.data.log.pages ?? []).map((page) => [page.id, page.title ?? page.id]));
  return parsed.data.log.entries
    .flatMap(({ pageref, startedDateTime, time, request, response }): Exchange[] => {
      const url = URL.parse(request.url);
      if (url === null || !url.protocol.startsWith("http")) return [];
      const base64 = response.content?.encoding === "base64";
      const text = response.content?.text;
      return [
        {
          visit: pageref === undefined ? "visit" : (titles.get(pageref) ?? pageref),
          at: Date.parse(startedDateTime),
          durationMs: time ?? 0,
          method: request.method,
          url,
          headers: request.headers,
          body: request.postData?.text,
          status: response.status,
          responseHeaders: response.headers,
          responseBody: text === undefined ? undefined : base64 ? Buffer.from(text, "base64").toString("utf8") : text,
        },
      ];
    })
    .sort((a, b) => a.at - b.at);
}
