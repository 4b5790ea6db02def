/** A project's name from a folder's: `My_App` -> `my-app`. */
export function projectName(text: string): string {
  const cleaned = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  return cleaned === "" ? "project" : cleaned;
}
