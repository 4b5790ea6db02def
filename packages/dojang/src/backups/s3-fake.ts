import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * For tests: as much of S3 as backups use, over real HTTP, with what goes wrong in life. It checks signatures by the text of AWS's
 * specification ("Signature Version 4"), not by the client's code.
 */
export interface S3Fake {
  readonly endpoint: string;
  readonly objects: Map<string, Buffer>;
  readonly requests: string[];
  /** Called before each request is answered; what it returns is what goes wrong. */
  fault: (request: {
    readonly method: string;
    readonly path: string;
    readonly number: number;
  }) => "busy" | "reset" | "cut" | "damage" | undefined;
  readonly openUploads: () => number;
  close(): Promise<void>;
}

export async function startS3Fake(account: {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
}): Promise<S3Fake> {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Map<number, Buffer>>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", "http://s3");
    const method = request.method ?? "GET";
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    requests.push(`${method} ${url.pathname}${url.search}`);
    const fault = fake.fault({ method, path: url.pathname, number: requests.length });
    if (fault === "reset") return void request.socket.resetAndDestroy();
    if (fault === "busy") return fail(response, 503, "SlowDown", "Please reduce your request rate.");
    const refusal = checkSignature(request, url, body, account);
    if (refusal !== undefined) return fail(response, 403, refusal, "The request signature we calculated does not match");
    const [, bucket = "", ...rest] = url.pathname.split("/");
    if (bucket !== account.bucket) return fail(response, 404, "NoSuchBucket", "The specified bucket does not exist");
    const key = rest.map(decodeURIComponent).join("/");
    const upload = url.searchParams.get("uploadId");
    if (method === "GET" && key === "") return list(response, url);
    if (method === "POST" && url.searchParams.has("uploads")) {
      const id = `upload-${uploads.size + 1}`;
      uploads.set(id, new Map());
      return xml(response, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
    }
    if (method === "PUT") {
      const stored = fault === "damage" ? Buffer.concat([body.subarray(1), Buffer.from("?")]) : body;
      if (upload === null) objects.set(key, stored);
      else uploads.get(upload)?.set(Number(url.searchParams.get("partNumber")), stored);
      response.setHeader("etag", `"${md5(stored)}"`);
      return void response.end();
    }
    if (method === "POST" && upload !== null) {
      const parts = uploads.get(upload) ?? new Map<number, Buffer>();
      const named = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>"([0-9a-f]+)"/g)];
      const wrong = named.some(([, number, tag]) => md5(parts.get(Number(number)) ?? Buffer.alloc(0)) !== tag);
      if (wrong || named.length !== parts.size) return xml(response, "<Error><Code>InvalidPart</Code><Message>parts</Message></Error>");
      objects.set(key, Buffer.concat(named.map(([, number]) => parts.get(Number(number)) ?? Buffer.alloc(0))));
      uploads.delete(upload);
      return xml(response, `<CompleteMultipartUploadResult><ETag>"x-${named.length}"</ETag></CompleteMultipartUploadResult>`);
    }
    if (method === "DELETE") {
      if (upload === null) objects.delete(key);
      else uploads.delete(upload);
      response.statusCode = 204;
      return void response.end();
    }
    const object = objects.get(key);
    if (object === undefined) return fail(response, 404, "NoSuchKey", "The specified key does not exist.");
    response.setHeader("content-length", object.length);
    if (method === "HEAD") return void response.end();
    if (fault !== "cut") return void response.end(object);
    response.write(object.subarray(0, object.length >> 1), () => request.socket.destroy());
  };

  const list = (response: ServerResponse, url: URL) => {
    const prefix = url.searchParams.get("prefix") ?? "";
    const after = url.searchParams.get("continuation-token") ?? "";
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, 2);
    const more = keys.length > page.length;
    const contents = page.map((key) => `<Contents><Key>${key}</Key><Size>${objects.get(key)?.length}</Size></Contents>`).join("");
    const next = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
    xml(response, `<ListBucketResult><IsTruncated>${more}</IsTruncated>${contents}${next}</ListBucketResult>`);
  };

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // It listens on a port of TCP.
  const { port } = server.address() as AddressInfo;
  const fake: S3Fake = {
    endpoint: `http://127.0.0.1:${port}`,
    ...{ objects, requests },
    fault: () => undefined,
    openUploads: () => uploads.size,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return fake;
}

function xml(response: ServerResponse, body: string): void {
  response.setHeader("content-type", "application/xml");
  response.end(`<?xml version="1.0" encoding="UTF-8"?>${body}`);
}

function fail(response: ServerResponse, status: number, code: string, message: string): void {
  response.statusCode = status;
  xml(response, `<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}

function md5(bytes: Buffer): string {
  return createHash("md5").update(bytes).digest("hex");
}

function checkSignature(
  request: IncomingMessage,
  url: URL,
  body: Buffer,
  account: { readonly accessKey: string; readonly secretKey: string },
): string | undefined {
  const header = request.headers.authorization ?? "";
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  const [, key = "", date = "", region = "", names = "", signature = ""] = match ?? [];
  if (match === null) return "AccessDenied";
  if (key !== account.accessKey) return "InvalidAccessKeyId";
  const content = String(request.headers["x-amz-content-sha256"]);
  if (content !== createHash("sha256").update(body).digest("hex")) return "XAmzContentSHA256Mismatch";
  const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const headers = names.split(";").map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const canonical = [request.method, url.pathname, query.join("&"), headers.join(""), names, content].join("\n");
  const scope = `${date}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const sign = (secret: Buffer | string, part: string) => createHmac("sha256", secret).update(part).digest();
  const signing = sign(sign(sign(sign(`AWS4${account.secretKey}`, date), region), "s3"), "aws4_request");
  return timingSafeEqual(sign(signing, text), Buffer.from(signature, "hex")) ? undefined : "SignatureDoesNotMatch";
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
