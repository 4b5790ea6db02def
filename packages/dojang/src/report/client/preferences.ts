import type { Language } from "./words.ts";

/** Kept by the browser where it lets a file keep anything. */
export function readPreference(name: string): string | undefined {
  try {
    return localStorage.getItem(`dojang-report-${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function keepPreference(name: string, value: string): void {
  try {
    localStorage.setItem(`dojang-report-${name}`, value);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

export function preferredLanguage(): Language {
  const kept = readPreference("language");
  if (kept === "en" || kept === "ko") return kept;
  return navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en";
}

export function applyTheme(theme: string | undefined): void {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}

/** The other of what is shown now, whoever chose it. */
export function otherTheme(): "light" | "dark" {
  const shown = document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  return shown === "dark" ? "light" : "dark";
}
