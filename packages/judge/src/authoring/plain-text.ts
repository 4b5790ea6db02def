/** For a terminal: what a model or its programs wrote may hold characters that move the cursor or rewrite what is shown. */
export function plainText(text: string): string {
  // Control characters other than the end of a line and the tabulator; marks that turn the direction of writing.
  return text.replace(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}
