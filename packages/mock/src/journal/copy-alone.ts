/** Whether most of the memory behind a buffer is not its own. */
export function isSmallPart(bytes: Buffer): boolean {
  return bytes.length > 0 && bytes.length * 2 < bytes.buffer.byteLength;
}

/** A copy with memory of its own. Not `Buffer.from`, which would put a small copy into a pool again. */
export function copyAlone(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
