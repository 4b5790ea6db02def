import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, inflateRaw } from "node:zlib";

export type DecodedBody = { readonly ok: true; readonly body: Buffer } | { readonly ok: false; readonly reason: "too-large" | "broken" };

/** What a body's Content-Encoding asks for; empty when nothing is to be undone. WireMock undoes gzip also where only the bytes say so. */
export function codingsOf(contentEncoding: string | undefined, body: Buffer): readonly string[] {
  if (body.length === 0) return [];
  const named = (contentEncoding ?? "")
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "identity");
  if (named.length === 0) return body[0] === 0x1f && body[1] === 0x8b ? ["gzip"] : [];
  return named.slice(0, maxCodings);
}

/** Undoes codings, the last one first. A body that grows beyond the limit on the way is too large, however small it came. */
export async function decodeBody(given: Buffer, codings: readonly string[], maxBytes: number): Promise<DecodedBody> {
  let body = given;
  for (const coding of codings.toReversed()) {
    const decode = decoders[coding];
    // An unknown coding is the tested system's affair: matchers see what it sent.
    if (decode === undefined) return { ok: true, body };
    try {
      body = await decode(body, maxBytes);
    } catch (error) {
      const tooLarge = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
      return { ok: false, reason: tooLarge ? "too-large" : "broken" };
    }
  }
  return { ok: true, body };
}

type Decode = (body: Buffer, maxOutputLength: number) => Promise<Buffer>;

const unzip: Decode = (body, maxOutputLength) => promisified.gunzip(body, { maxOutputLength });

const decoders: Readonly<Record<string, Decode | undefined>> = {
  gzip: unzip,
  "x-gzip": unzip,
  // RFC 9110, section 8.4.1.2, means the zlib format; some clients send the bare one.
  deflate: (body, maxOutputLength) =>
    ((body[0] ?? 0) & 0x0f) === 0x08 ? promisified.inflate(body, { maxOutputLength }) : promisified.inflateRaw(body, { maxOutputLength }),
  br: (body, maxOutputLength) => promisified.brotliDecompress(body, { maxOutputLength }),
};

const promisified = {
  gunzip: promisify(gunzip),
  inflate: promisify(inflate),
  inflateRaw: promisify(inflateRaw),
  brotliDecompress: promisify(brotliDecompress),
} as Readonly<
  Record<"gunzip" | "inflate" | "inflateRaw" | "brotliDecompress", (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>
>;

const maxCodings = 4;
