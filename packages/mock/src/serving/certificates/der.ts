/** The part of DER (ITU-T X.690) that a certificate needs. Every function returns one encoded value. */

export function sequence(...values: readonly Buffer[]): Buffer {
  return tagged(0x30, ...values);
}

export function set(...values: readonly Buffer[]): Buffer {
  return tagged(0x31, ...values);
}

/** `EXPLICIT [number]`. */
export function explicit(number: number, ...values: readonly Buffer[]): Buffer {
  return tagged(0xa0 + number, ...values);
}

/** `IMPLICIT [number]` of a primitive value. */
export function implicit(number: number, content: Buffer): Buffer {
  return tagged(0x80 + number, content);
}

export function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.from([value ? 0xff : 0x00]));
}

/** Of an unsigned number, most significant byte first. */
export function integer(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const shortest = bytes.subarray(start);
  return tagged(0x02, (shortest[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), shortest]) : shortest);
}

export function bitString(content: Buffer, unusedBits = 0): Buffer {
  return tagged(0x03, Buffer.from([unusedBits]), content);
}

export function octetString(content: Buffer): Buffer {
  return tagged(0x04, content);
}

export function utf8String(text: string): Buffer {
  return tagged(0x0c, Buffer.from(text, "utf8"));
}

/** RFC 5280, section 4.1.2.5: years up to 2049 in two digits, later ones in four. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return date.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(digits.slice(2), "latin1")) : tagged(0x18, Buffer.from(digits, "latin1"));
}

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let remaining = arc >>> 7; remaining > 0; remaining >>>= 7) groups.unshift((remaining & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tagged(0x06, Buffer.from(bytes));
}

function tagged(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let remaining = length; remaining > 0; remaining = Math.floor(remaining / 256)) bytes.unshift(remaining % 256);
  return Buffer.from([0x80 + bytes.length, ...bytes]);
}
