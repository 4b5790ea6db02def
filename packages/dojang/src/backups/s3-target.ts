import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { type BackupTarget, Problem } from "@dojang/model";
import { AwsClient } from "aws4fetch";
import { XMLParser } from "fast-xml-parser";
import type { CopyTarget } from "./backup-target.ts";

type S3Plan = Extract<BackupTarget, { kind: "s3" }>;

/** S3 wants parts of 5 MiB or more, and at most 10,000 of them. */
const smallestPartBytes = 8 * 1024 * 1024;
const mostParts = 9_000;
const requestTimeoutMs = 5 * 60_000;
const answerLimitCharacters = 4 * 1024 * 1024;

/**
 * A bucket of S3, or of a store that speaks as it does. Each request is signed with the SHA-256 of what it carries, so the store itself
 * refuses what was changed on the way; no checksum header beyond that is sent, for stores other than AWS refuse those.
 */
export function s3Target(name: string, plan: S3Plan, variables: Readonly<Record<string, string>>): CopyTarget {
  const requests = new S3Requests(name, plan, variables);
  const place = (key: string) => [plan.prefix.replace(/^\/|\/$/g, ""), key].filter((part) => part !== "").join("/");
  return {
    name,
    async put(path, { key, sizeBytes, signal }) {
      const file = await open(path, "r");
      try {
        await putFile(requests, { file, key: place(key), sizeBytes, signal });
      } finally {
        await file.close();
      }
      const found = await requests.size(place(key), signal);
      if (found !== sizeBytes) throw requests.refused(`it has ${found ?? "no"} bytes of ${key} instead of ${sizeBytes}`);
    },
    async get(key, signal) {
      const response = await requests.send("GET", place(key), { signal, allow: [404] });
      if (response.status === 404 || response.body === null) return undefined;
      // The web stream of fetch and Node's own are one thing under two types.
      return Readable.fromWeb(response.body as import("node:stream/web").ReadableStream);
    },
    size: async (key, signal) => await requests.size(place(key), signal),
    async remove(key, signal) {
      await requests.send("DELETE", place(key), { signal, allow: [404] });
    },
    async list(prefix, signal) {
      const start = place("").length === 0 ? 0 : place("").length + 1;
      return (await requests.list(place(prefix), signal)).map((found) => ({ ...found, key: found.key.slice(start) }));
    },
  };
}

interface Put {
  readonly file: FileHandle;
  readonly key: string;
  readonly sizeBytes: number;
  readonly signal: AbortSignal;
}

async function putFile(requests: S3Requests, put: Put): Promise<void> {
  const partBytes = Math.max(smallestPartBytes, Math.ceil(put.sizeBytes / mostParts / 1024 / 1024) * 1024 * 1024);
  if (put.sizeBytes <= partBytes) {
    const body = await readPart(put.file, 0, put.sizeBytes);
    checkTag(requests, await requests.send("PUT", put.key, { signal: put.signal, body }), body);
    return;
  }
  const created = await requests.send("POST", put.key, { signal: put.signal, query: { uploads: "" } });
  const upload = requests.text(await requests.xml(created), "UploadId");
  try {
    const parts: string[] = [];
    for (let at = 0; at < put.sizeBytes; at += partBytes) {
      const body = await readPart(put.file, at, Math.min(partBytes, put.sizeBytes - at));
      const query = { partNumber: String(parts.length + 1), uploadId: upload };
      const response = await requests.send("PUT", put.key, { signal: put.signal, body, query });
      parts.push(checkTag(requests, response, body));
    }
    const list = parts.map((tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>"${tag}"</ETag></Part>`).join("");
    const body = Buffer.from(`<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`);
    const completed = await requests.send("POST", put.key, { signal: put.signal, body, query: { uploadId: upload } });
    // S3 answers 200 before it knows, and tells a failure in the body.
    requests.text(await requests.xml(completed), "ETag");
  } catch (error) {
    await requests.send("DELETE", put.key, { signal: AbortSignal.timeout(10_000), query: { uploadId: upload } }).catch(() => undefined);
    throw error;
  }
}

/** The tag of a part is its MD5, unless the store encrypts with keys of its own: then it is 32 other digits, and size alone is compared. */
function checkTag(requests: S3Requests, response: Response, body: Buffer): string {
  const tag = response.headers.get("etag")?.replaceAll('"', "") ?? "";
  const encrypted = response.headers.get("x-amz-server-side-encryption")?.startsWith("aws:kms") === true;
  const own = createHash("md5").update(body).digest("hex");
  if (!encrypted && /^[0-9a-f]{32}$/.test(tag) && tag !== own)
    throw requests.refused(`it stored other bytes than were sent (ETag ${tag} instead of ${own})`);
  if (tag === "") throw requests.refused("it gave no ETag for what was sent");
  return tag;
}

async function readPart(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const part = Buffer.alloc(bytes);
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await file.read(part, done, bytes - done, at + done);
    if (bytesRead === 0) throw new Error("the backup's file became shorter while it was sent");
    done += bytesRead;
  }
  return part;
}

interface SendOptions {
  readonly signal: AbortSignal;
  readonly body?: Buffer;
  readonly query?: Readonly<Record<string, string>>;
  /** Statuses that are no failure although they are not 2xx. */
  readonly allow?: readonly number[];
}

class S3Requests {
  readonly #name: string;
  readonly #plan: S3Plan;
  readonly #variables: Readonly<Record<string, string>>;

  constructor(name: string, plan: S3Plan, variables: Readonly<Record<string, string>>) {
    this.#name = name;
    this.#plan = plan;
    this.#variables = variables;
  }

  async send(method: string, key: string, options: SendOptions): Promise<Response> {
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(requestTimeoutMs)]);
    try {
      const { body } = options;
      const signed = await this.#client().sign(this.#url(key, options.query ?? {}), {
        method,
        headers: {
          "x-amz-content-sha256": createHash("sha256")
            .update(body ?? "")
            .digest("hex"),
        },
        body: body === undefined ? undefined : new Uint8Array(body),
      });
      const response = await fetch(signed, { signal });
      if (response.ok || options.allow?.includes(response.status) === true) return response;
      throw this.refused(await this.#answer(response));
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof Problem) throw error;
      throw this.refused(signal.aborted ? `no answer within ${requestTimeoutMs / 1000} s` : reasonOf(error), error);
    }
  }

  async size(key: string, signal: AbortSignal): Promise<number | undefined> {
    const response = await this.send("HEAD", key, { signal, allow: [404] });
    return response.status === 404 ? undefined : Number(response.headers.get("content-length") ?? Number.NaN);
  }

  async list(prefix: string, signal: AbortSignal): Promise<readonly { readonly key: string; readonly sizeBytes: number }[]> {
    const found: { key: string; sizeBytes: number }[] = [];
    let token: string | undefined;
    do {
      const query = { "list-type": "2", prefix, ...(token === undefined ? {} : { "continuation-token": token }) };
      const answer = await this.xml(await this.send("GET", "", { signal, query }));
      const result = child(answer, "ListBucketResult");
      const contents = child(result, "Contents");
      for (const one of Array.isArray(contents) ? contents : contents === undefined ? [] : [contents]) {
        found.push({ key: String(child(one, "Key")), sizeBytes: Number(child(one, "Size")) });
      }
      token = String(child(result, "IsTruncated")) === "true" ? String(child(result, "NextContinuationToken")) : undefined;
    } while (token !== undefined);
    return found;
  }

  async xml(response: Response): Promise<unknown> {
    const body = (await response.text()).slice(0, answerLimitCharacters);
    return new XMLParser({ parseTagValue: false, ignoreDeclaration: true }).parse(body);
  }

  /** A word of the answer, whatever its outermost element is called; the store's error where it answers one instead. */
  text(answer: unknown, name: string): string {
    const outer = typeof answer === "object" && answer !== null ? Object.values(answer)[0] : undefined;
    const value = child(outer, name);
    if (typeof value === "string" && value !== "") return value;
    throw this.refused(`${String(child(outer, "Code") ?? "its answer")}: ${String(child(outer, "Message") ?? `has no ${name}`)}`);
  }

  refused(how: string, cause?: unknown): Problem {
    const { accessKey, secretKey } = this.#plan;
    return new Problem({
      code: "backup-target-lost",
      exit: "infrastructure",
      message: `backup target ${this.#name} refused: ${how}`,
      fix: `check bucket, region and endpoint under backups.to, and the values of ${accessKey} and ${secretKey}`,
      cause,
    });
  }

  #client(): AwsClient {
    const [accessKeyId, secretAccessKey] = [this.#credential(this.#plan.accessKey), this.#credential(this.#plan.secretKey)];
    return new AwsClient({ accessKeyId, secretAccessKey, service: "s3", region: this.#plan.region, retries: 0 });
  }

  #credential(name: string): string {
    const value = this.#variables[name];
    if (value !== undefined && value !== "") return value;
    throw this.refused(`${name} has no value in this environment`);
  }

  /** AWS wants the bucket in the host name; others rarely have such names and take it in the path. */
  #url(key: string, query: Readonly<Record<string, string>>): string {
    const { bucket, region, endpoint } = this.#plan;
    const base = endpoint === undefined ? `https://${bucket}.s3.${region}.amazonaws.com` : `${endpoint.replace(/\/$/, "")}/${bucket}`;
    const url = new URL(`${base}/${key.split("/").map(encodeURIComponent).join("/")}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url.href;
  }

  async #answer(response: Response): Promise<string> {
    const outer = await this.xml(response).catch(() => undefined);
    const error = child(outer, "Error");
    const code = child(error, "Code");
    const said = code === undefined ? "" : ` ${String(code)}: ${String(child(error, "Message") ?? "")}`;
    return `status ${response.status}${said}`;
  }
}

function child(value: unknown, name: string): unknown {
  // What was parsed is plain objects, arrays and strings.
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? `${String(cause.code)}: ` : "";
  return cause instanceof Error ? `${code}${cause.message}` : error.message;
}
