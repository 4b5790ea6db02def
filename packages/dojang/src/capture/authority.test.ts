import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { expect, test } from "vitest";
import { createAuthority } from "./authority.ts";

test("a server's certificate is good for each of its names and addresses, and for no other", async () => {
  const authority = await createAuthority({ environment: "todo-1" });
  const { keyPem, chainPem } = await authority.certificate(["mail", "api.mail.example", "127.77.3.9"]);
  const server = createServer({ key: keyPem, cert: chainPem }, (socket) => socket.end());
  await once(server.listen(0, "127.0.0.1"), "listening");
  // Listening on TCP, its address is no path.
  const { port } = server.address() as AddressInfo;
  const seenBy = async (name: { host: string; servername?: string }, ca = authority.certificatePem) => {
    const socket = connect({ port, ca, lookup: (_host, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]), ...name });
    return await once(socket, "secureConnect")
      .then(() => "trusted")
      .catch((error: NodeJS.ErrnoException) => error.code)
      .finally(() => socket.destroy());
  };
  try {
    expect(await seenBy({ host: "mail" })).toBe("trusted");
    expect(await seenBy({ host: "api.mail.example" })).toBe("trusted");
    expect(await seenBy({ host: "pay" })).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
    const other = await createAuthority({ environment: "todo-2" });
    expect(await seenBy({ host: "mail" }, other.certificatePem)).not.toBe("trusted");
  } finally {
    server.close();
  }
});

test("it is valid as long as its authority", async () => {
  const validMs = 365 * 86_400_000;
  const authority = await createAuthority({ environment: "todo-1", validMs });
  const { X509Certificate } = await import("node:crypto");
  const { chainPem } = await authority.certificate(["mail"]);
  const own = new X509Certificate(chainPem);

  expect(own.validToDate.getTime()).toBeGreaterThan(Date.now() + validMs - 60_000);
  expect(own.subjectAltName).toBe("DNS:mail");
  expect(own.verify(new X509Certificate(authority.certificatePem).publicKey)).toBe(true);
});
