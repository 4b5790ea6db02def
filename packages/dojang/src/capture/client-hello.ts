/** What a TLS client says first (RFC 8446 section 4.1.2), as far as a proxy needs it. */
export interface ClientHello {
  readonly serverName: string | undefined;
  /** Undefined: the client offers no ALPN and takes whatever the server speaks. */
  readonly protocols: readonly string[] | undefined;
}

export type HelloRead =
  | { readonly state: "complete"; readonly hello: ClientHello }
  | { readonly state: "partial" }
  | { readonly state: "not-tls" };

/** Reads the first bytes of a connection. A hello larger than one record (it may be fragmented) counts as not readable. */
export function readClientHello(bytes: Buffer): HelloRead {
  if (bytes.length > 0 && bytes[0] !== 0x16) return { state: "not-tls" };
  if (bytes.length > 1 && bytes[1] !== 0x03) return { state: "not-tls" };
  if (bytes.length < 5) return { state: "partial" };
  const recordEnd = 5 + bytes.readUInt16BE(3);
  if (bytes.length < recordEnd) return { state: "partial" };
  try {
    return { state: "complete", hello: parse(bytes.subarray(5, recordEnd)) };
  } catch {
    return { state: "complete", hello: { serverName: undefined, protocols: undefined } };
  }
}

function parse(message: Buffer): ClientHello {
  let at = 4 + 2 + 32; // message header, version, random
  at += 1 + message.readUInt8(at); // session id
  at += 2 + message.readUInt16BE(at); // cipher suites
  at += 1 + message.readUInt8(at); // compression methods
  const end = Math.min(at + 2 + message.readUInt16BE(at), message.length);
  at += 2;
  let serverName: string | undefined;
  let protocols: string[] | undefined;
  while (at + 4 <= end) {
    const type = message.readUInt16BE(at);
    const body = message.subarray(at + 4, at + 4 + message.readUInt16BE(at + 2));
    if (type === 0 && body.length > 5) serverName = body.subarray(5, 5 + body.readUInt16BE(3)).toString("latin1");
    if (type === 16) protocols = alpn(body);
    at += 4 + body.length;
  }
  return { serverName, protocols };
}

function alpn(body: Buffer): string[] {
  const protocols: string[] = [];
  let at = 2;
  while (at < body.length) {
    const length = body.readUInt8(at);
    protocols.push(body.subarray(at + 1, at + 1 + length).toString("latin1"));
    at += 1 + length;
  }
  return protocols;
}
