/** What a request line asks for. */
export interface RequestTarget {
  /** Path and query, without fragment; a `?` with nothing after it is left out, as WireMock does. */
  readonly url: string;
  readonly path: string;
  /** Of the absolute form that proxies are asked with: `http://host:port/path`. */
  readonly scheme?: "http" | "https";
  readonly authority?: string;
}

export function readTarget(target: string): RequestTarget {
  if (target.charCodeAt(0) === slash) return withUrl(target);
  const absolute = /^(https?):\/\/([^/?#]*)/i.exec(target);
  if (!absolute) return withUrl(target);
  const [all, scheme = "", authority = ""] = absolute;
  const rest = target.slice(all.length);
  return {
    ...withUrl(rest.startsWith("/") ? rest : `/${rest}`),
    scheme: scheme.toLowerCase() === "https" ? "https" : "http",
    // Credentials are no part of where it goes.
    authority: authority.slice(authority.lastIndexOf("@") + 1),
  };
}

const slash = 0x2f;

function withUrl(target: string): RequestTarget {
  const hash = target.indexOf("#");
  const whole = hash === -1 ? target : target.slice(0, hash);
  const url = decodedUtf8(whole.endsWith("?") && whole.indexOf("?") === whole.length - 1 ? whole.slice(0, -1) : whole);
  const question = url.indexOf("?");
  return { url, path: question === -1 ? url : url.slice(0, question) };
}

/** Node gives the bytes of a request line as Latin-1; raw bytes in it are meant as UTF-8. */
function decodedUtf8(text: string): string {
  if (!/[\u0080-\u00ff]/.test(text) || /[^\0-\u00ff]/.test(text)) return text;
  return Buffer.from(text, "latin1").toString("utf8");
}
