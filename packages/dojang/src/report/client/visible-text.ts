/**
 * Text that shows what it holds: control characters as their pictures (U+2400 and on), and marks that turn the writing
 * direction, which could make a line read as another, as U+FFFD.
 */
export function visibleText(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[\u0000-\u0008\u000b-\u001f]/g, (character) => String.fromCharCode(0x2400 + character.charCodeAt(0)))
    .replace(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}
