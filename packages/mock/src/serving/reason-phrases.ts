import { STATUS_CODES } from "node:http";

/** The reason that WireMock's server gives a status when the stub gives none: the status itself where it knows no other. */
export function reasonPhrase(status: number): string {
  return known.get(status) ?? String(status);
}

const different: Readonly<Record<number, string | undefined>> = {
  203: "Non Authoritative Information",
  208: undefined,
  226: undefined,
  418: "I'm a Teapot",
  420: "Enhance your Calm",
  425: undefined,
  451: "Unavailable for Legal Reason",
  500: "Server Error",
  506: undefined,
  509: undefined,
};

const known = new Map<number, string>();
for (const [status, reason] of [...Object.entries(STATUS_CODES), ...Object.entries(different)]) {
  if (reason === undefined) known.delete(Number(status));
  else known.set(Number(status), reason);
}
