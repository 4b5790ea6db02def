import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { bitString, boolean, explicit, implicit, integer, objectIdentifier, octetString, sequence, set, time, utf8String } from "./der.ts";

/** PEM. */
export interface IssuedCertificate {
  readonly key: string;
  readonly certificate: string;
}

/** A self-signed certificate for a server, good for the names and addresses given. Elliptic (P-256): made in about a millisecond. */
export function selfSignedCertificate(names: readonly string[]): IssuedCertificate {
  return issue({ commonName: names[0] ?? "localhost", names, issuer: undefined, authority: false });
}

/** An authority that signs certificates of other names. */
export function certificateAuthority(commonName: string): IssuedCertificate {
  return issue({ commonName, names: [], issuer: undefined, authority: true });
}

/** A certificate for one name, signed by an authority; its PEM carries the authority's certificate too. */
export function certificateFor(name: string, authority: IssuedCertificate): IssuedCertificate {
  const issued = issue({ commonName: name, names: [name], issuer: authority, authority: false });
  return { key: issued.key, certificate: `${issued.certificate}${authority.certificate}` };
}

interface Request {
  readonly commonName: string;
  readonly names: readonly string[];
  readonly issuer: IssuedCertificate | undefined;
  readonly authority: boolean;
}

/** RFC 5280, section 4.1. */
function issue(request: Request): IssuedCertificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const publicInfo = publicKey.export({ type: "spki", format: "der" });
  const signingKey = request.issuer === undefined ? privateKey : createPrivateKey(request.issuer.key);
  const algorithm = signatureAlgorithm(signingKey);
  const now = Date.now();
  const subject = distinguishedName(request.commonName);
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    algorithm,
    request.issuer === undefined ? subject : subjectOf(request.issuer),
    sequence(time(new Date(now - dayMs)), time(new Date(now + validDays * dayMs))),
    subject,
    publicInfo,
    explicit(3, sequence(...extensions(request, publicInfo))),
  );
  const certificate = sequence(body, algorithm, bitString(sign("sha256", body, signingKey)));
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), certificate: pem(certificate) };
}

function extensions(request: Request, publicInfo: Buffer): readonly Buffer[] {
  const list = [
    extension("2.5.29.14", false, octetString(createHash("sha1").update(publicInfo).digest())),
    extension("2.5.29.19", true, request.authority ? sequence(boolean(true)) : sequence()),
  ];
  // Key usage: certificates and revocation lists for an authority, signatures for a server.
  list.push(extension("2.5.29.15", true, request.authority ? bitString(Buffer.from([0x06]), 1) : bitString(Buffer.from([0x80]), 7)));
  // For servers and for clients.
  if (!request.authority)
    list.push(extension("2.5.29.37", false, sequence(...["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"].map(objectIdentifier))));
  if (request.names.length > 0) list.push(extension("2.5.29.17", false, sequence(...request.names.map(generalName))));
  return list;
}

function extension(identifier: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectIdentifier(identifier), ...(critical ? [boolean(true)] : []), octetString(value));
}

function generalName(name: string): Buffer {
  const version = isIP(name);
  if (version === 0) return implicit(2, Buffer.from(name, "latin1"));
  return implicit(7, version === 4 ? Buffer.from(name.split(".").map(Number)) : ipv6Bytes(name));
}

function ipv6Bytes(address: string): Buffer {
  // The URL parser writes any IPv6 address in hexadecimal groups.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [left = "", right] = groups.split("::");
  const before = left === "" ? [] : left.split(":");
  const after = right === undefined || right === "" ? [] : right.split(":");
  const zeros = right === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => "0");
  return Buffer.from(
    [...before, ...zeros, ...after].flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  );
}

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(objectIdentifier("2.5.4.3"), utf8String(commonName.slice(0, 64)))));
}

/** The issuer has to repeat the authority's subject byte for byte, so it is taken from its certificate. */
function subjectOf(issuer: IssuedCertificate): Buffer {
  const whole = elementAt(new X509Certificate(issuer.certificate).raw, 0);
  const body = elementAt(whole.content, 0).content;
  // version, serial, algorithm, issuer, validity, subject; a version 1 certificate has no version.
  let position = body[0] === 0xa0 ? elementAt(body, 0).end : 0;
  for (let skipped = 0; skipped < 4; skipped++) position = elementAt(body, position).end;
  return body.subarray(position, elementAt(body, position).end);
}

function elementAt(bytes: Buffer, start: number): { readonly content: Buffer; readonly end: number } {
  const first = bytes[start + 1] ?? 0;
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(start + 2, lengthBytes);
  const begin = start + 2 + lengthBytes;
  return { content: bytes.subarray(begin, begin + length), end: begin + length };
}

function signatureAlgorithm(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === "rsa") return sequence(objectIdentifier("1.2.840.113549.1.1.11"), Buffer.from([0x05, 0x00]));
  return sequence(objectIdentifier("1.2.840.10045.4.3.2"));
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

const dayMs = 86_400_000;
/** Apple's clients refuse server certificates that are good for longer. */
const validDays = 397;
