import { z } from "zod";
import { httpRequest } from "./expectation.ts";
import { name, port, projectPath, scalarText } from "./names.ts";
import { duration, rate, size } from "./quantities.ts";

const siteName = z
  .string()
  .regex(/^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/, {
    error: "must be a host name such as todo.example.com",
  })
  .transform((text) => text.toLowerCase());

const urlPath = z
  .string()
  .max(500)
  .regex(/^\/[A-Za-z0-9._~/-]*$/, { error: "must be a path that begins with '/', of letters, digits and . _ ~ - /" })
  .refine((path) => !/\/\/|\/\.{1,2}(\/|$)/.test(path), { error: "must have no empty, '.' or '..' part" })
  // `/api` and `/api/` are the same place.
  .transform((path) => (path.length > 1 ? path.replace(/\/$/, "") : path));

/** What nginx can bind: a name would be asked of a resolver that may be down when the machine starts. */
const listenAddress = z
  .string()
  .regex(/^(\*|localhost|\d{1,3}(\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$/, { error: "must be *, localhost or an IP address" })
  .transform((text) => (text === "localhost" ? "127.0.0.1" : text));

const headerValue = scalarText.refine((text) => text.length <= 4096 && !/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text), {
  error: "must be one line of at most 4096 characters",
});

const route = z.strictObject({
  path: urlPath.describe("The path and everything below it; the longest that fits wins."),
  to: name.describe("Service that answers."),
  port: port.optional().describe("Its port, where it has several."),
  strip: z.boolean().default(false).describe("The service sees the path without this one: /api/todos becomes /todos."),
});

const staticFolder = z
  .strictObject({
    path: urlPath.describe("The path below which the files are."),
    from: projectPath.describe("Folder of the release with the files."),
    cache: duration.prefault("1h").describe("How long browsers keep them."),
    fallback: projectPath
      .optional()
      .describe("File of the folder that answers where there is none, such as the index.html of a single-page application."),
  })
  .transform(({ cache, ...rest }) => ({ ...rest, cacheMs: cache }));

const tls = z
  .union(
    [
      z.literal("none"),
      z.literal("self-signed"),
      z.strictObject({
        acme: z
          .strictObject({
            email: z.email().optional().describe("Told by the authority before a certificate ends."),
            directory: z.url().prefault("https://acme-v02.api.letsencrypt.org/directory").describe("Address of the authority's directory."),
            "renew-before": duration.prefault("30d").describe("How long before its end a certificate is renewed."),
            "trust-file": z
              .string()
              .min(1)
              .optional()
              .describe("Certificate that the authority's own address is trusted by, for one's own authority."),
          })
          .transform(({ "renew-before": renewBeforeMs, "trust-file": trustFile, ...rest }) => ({ ...rest, renewBeforeMs, trustFile })),
      }),
      z.strictObject({
        certificate: z.string().min(1).describe("File on the server with the certificate and its chain."),
        key: z.string().min(1).describe("File on the server with its key."),
      }),
    ],
    { error: "must be none, self-signed, { acme: { email } } or { certificate, key }" },
  )
  .transform((value) => {
    if (value === "none" || value === "self-signed") return { kind: value } as const;
    return "acme" in value ? ({ kind: "acme", ...value.acme } as const) : ({ kind: "files", ...value } as const);
  });

const server = z
  .string()
  .regex(/^[a-z_][a-z0-9_.-]{0,63}@[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:\d{1,5})?$/, {
    error: "must be user@host, or user@host:port, such as dojang@todo.example.com",
  })
  .transform((text) => {
    const [user = "", rest = ""] = text.split("@");
    const [host = "", at] = rest.split(":");
    return { user, host, port: at === undefined ? undefined : Number(at) };
  })
  .refine(({ port: at }) => at === undefined || (at > 0 && at < 65_536), { error: "must have a port from 1 to 65535" });

/** How a deployment environment is reached: what nginx is told of it. */
export const site = z
  .strictObject({
    hosts: z
      .array(siteName)
      .min(1, { error: "must have at least one host name" })
      .max(50)
      .describe("Host names of the site; the first is its own address."),
    listen: z
      .strictObject({
        address: listenAddress
          .prefault("*")
          .describe("Address on which nginx listens; `*` for every one, 127.0.0.1 for this machine alone."),
        http: port.default(80).describe("Port of HTTP."),
        https: port.default(443).describe("Port of HTTPS."),
      })
      .prefault({})
      .refine((listen) => listen.http !== listen.https, { error: "must have different ports for HTTP and HTTPS" })
      .describe("Where nginx listens for this site."),
    server: server
      .optional()
      .describe(
        "Another machine that the site lives on, for SSH; `dojang provision` makes it ready. Without it the site is on this machine.",
      ),
    nginx: z
      .enum(["own", "system"])
      .default("own")
      .describe(
        "Who serves the site: Dojang's own nginx, or, where the machine's own nginx has the ports already, that one, which is given a file to include.",
      ),
    routes: z.array(route).min(1, { error: "must have at least one route" }).max(100).describe("Which service answers which paths."),
    static: z.array(staticFolder).max(50).default([]).describe("Files that nginx answers by itself."),
    tls: tls.prefault("self-signed").describe("Where the certificate comes from."),
    hsts: duration.optional().describe("How long browsers shall take HTTPS alone. Without it nothing is promised to them."),
    headers: z
      .record(z.string().regex(/^[A-Za-z0-9-]{1,100}$/, { error: "must be a header's name" }), headerValue)
      .prefault({})
      .describe("Headers added to every answer; they win over the security headers that are added anyway."),
    "body-limit": size.prefault("10m").describe("Largest body of a request."),
    "rate-limit": z
      .strictObject({
        rate: rate.describe("Requests a client may make, by its address."),
        burst: z.number().int().min(0).max(100_000).default(50).describe("How many more it may make at once."),
      })
      .optional()
      .describe("What a client may ask before it is answered 429."),
    "connection-limit": z
      .number()
      .int()
      .min(1)
      .max(65_535)
      .default(256)
      .describe("Requests that one client, by its address, may have open at once; WebSockets count. More are answered 429."),
    timeout: duration
      .prefault("60s")
      .describe(
        "How long a service may take to answer, or to send the next part of its answer. WebSockets and event streams may be silent for an hour.",
      ),
    drain: duration.prefault("30s").describe("How long requests and WebSockets of the former release may go on after a switch."),
    health: httpRequest.prefault("GET /").describe("What is asked from outside to know that the site answers."),
  })
  .superRefine(({ routes, static: folders }, context) => {
    const seen = new Set<string>();
    const places = [
      ...routes.map(({ path }, index) => ({ path, at: ["routes", index, "path"] })),
      ...folders.map(({ path }, index) => ({ path, at: ["static", index, "path"] })),
    ];
    for (const { path, at } of places) {
      if (seen.has(path))
        context.addIssue({
          code: "custom",
          message: `must be there once, "${path}" is there twice`,
          path: at,
          params: { fix: "remove one of them" },
        });
      seen.add(path);
    }
  })
  .transform(
    ({
      "body-limit": bodyLimitBytes,
      "connection-limit": connectionLimit,
      "rate-limit": rateLimit,
      hsts: hstsMs,
      timeout: timeoutMs,
      drain: drainMs,
      ...rest
    }) => ({
      ...rest,
      bodyLimitBytes,
      connectionLimit,
      rateLimit,
      hstsMs,
      timeoutMs,
      drainMs,
    }),
  );

export type SiteDefinition = z.output<typeof site>;
export type SiteServer = NonNullable<SiteDefinition["server"]>;
