/** Cookies of one visitor. Name and value only: there is one target, so domain and path decide nothing here (RFC 6265). */
export interface CookieJar {
  /** Takes what an answer sets; one that has expired is forgotten. */
  take(headText: string): void;
  /** `Cookie: ...` with its line end, or nothing. */
  header(): string;
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  clear(): void;
}

export function createCookieJar(): CookieJar {
  const cookies = new Map<string, string>();
  return {
    take(headText) {
      if (!/\nset-cookie:/i.test(headText)) return;
      for (const [, name = "", value = "", attributes = ""] of headText.matchAll(
        /\nset-cookie:[ \t]*([^=;\r\n]+)=([^;\r\n]*)([^\r\n]*)/gi,
      )) {
        if (isPast(attributes)) cookies.delete(name.trim());
        else cookies.set(name.trim(), value);
      }
    },
    header: () => (cookies.size === 0 ? "" : `Cookie: ${[...cookies].map(([name, value]) => `${name}=${value}`).join("; ")}\r\n`),
    get: (name) => cookies.get(name),
    set: (name, value) => void cookies.set(name, value),
    clear: () => cookies.clear(),
  };
}

function isPast(attributes: string): boolean {
  return (
    /;\s*max-age\s*=\s*(0|-\d+)/i.test(attributes) || Date.parse(/;\s*expires\s*=\s*([^;]+)/i.exec(attributes)?.[1] ?? "") < Date.now()
  );
}
