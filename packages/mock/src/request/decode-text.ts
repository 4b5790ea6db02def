/** Text of a body: the charset of its Content-Type, UTF-8 where none (or none that is known) is named. Never throws. */
export function decodeText(body: Buffer, contentType: string | undefined): string {
  if (body.length === 0) return "";
  return decodeBytes(body, charsetOf(contentType));
}

/** The name in `charset=`, in lower case; undefined when there is none. */
export function charsetOf(contentType: string | undefined): string | undefined {
  if (contentType === undefined || !/charset/i.test(contentType)) return undefined;
  return /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1]?.toLowerCase();
}

export function decodeBytes(bytes: Buffer, charset: string | undefined): string {
  if (charset === undefined || charset === "utf-8" || charset === "utf8") return bytes.toString("utf8");
  // To the Web these are windows-1252; here they are what they say.
  if (charset === "iso-8859-1" || charset === "latin1") return bytes.toString("latin1");
  // Without a byte order mark, Java and RFC 2781 read the big end first, the Web the little one.
  if (charset === "utf-16") return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-16be").decode(bytes);
  return decoderOf(charset)?.decode(bytes) ?? bytes.toString("utf8");
}

function decoderOf(charset: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(charset, { ignoreBOM: true });
  } catch {
    return undefined;
  }
}
