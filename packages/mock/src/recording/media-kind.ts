/** The type of a Content-Type header without its parameters. */
export function mimeTypeOf(contentType: string | undefined): string | undefined {
  const type = contentType?.split(";")[0]?.trim();
  return type === "" ? undefined : type;
}

/** Whether a body of this type is recorded as text. A body without a type is not. */
export function isTextType(type: string | undefined): boolean {
  return type !== undefined && /text|json|xml|html|yaml|csv|x-www-form-urlencoded/.test(type);
}

/** The extension of a file that holds such a body, without a dot. */
export function extensionFor(type: string | undefined, path: string, body: Buffer): string {
  if (type !== undefined) {
    if (type.includes("json")) return "json";
    if (type.includes("xml")) return "xml";
    if (type.includes("text")) return "txt";
    const known = extensions[type];
    if (known !== undefined) return known;
  }
  const last = path.slice(path.lastIndexOf("/") + 1);
  const ofPath = last.slice(last.lastIndexOf(".") + 1);
  if (last.includes(".") && /^[A-Za-z0-9_-]{1,20}$/.test(ofPath)) return ofPath;
  return extensionByContent(body.toString("utf8"));
}

function extensionByContent(text: string): string {
  try {
    JSON.parse(text);
    return "json";
  } catch {
    return /^\s*<[?A-Za-z_!]/.test(text) && /<\/[^>]+>\s*$|\/>\s*$/.test(text) ? "xml" : "txt";
  }
}

const extensions: Readonly<Record<string, string | undefined>> = {
  "image/jpeg": "jpeg",
  "image/gif": "gif",
  "image/tiff": "tiff",
  "image/png": "png",
  "image/x-icon": "ico",
  "audio/x-aiff": "aiff",
  "video/x-ms-asf": "asf",
  "video/mpeg": "mp2",
  "audio/mpeg": "mp3",
  "video/quicktime": "mov",
  "application/pdf": "pdf",
};
