import { expect, test } from "vitest";
import { findNginx, readBuild } from "./find-nginx.ts";

const built = (version: string, options: string) => `nginx version: nginx/${version} (Ubuntu)\nconfigure arguments: ${options}\n`;
const usual = "--with-http_ssl_module --with-http_v2_module";

test("nginx of this machine is found with its version", async () => {
  const found = await findNginx({ signal: new AbortController().signal });
  expect(found.path).toMatch(/^\/.*nginx$/);
  expect(found.version[0]).toBeGreaterThanOrEqual(1);
  expect(found.openFiles).toBeGreaterThanOrEqual(256);
});

test("one that is new enough is taken", () => {
  expect(readBuild("/usr/sbin/nginx", built("1.19.4", usual))).toEqual([1, 19, 4]);
  expect(readBuild("/usr/sbin/nginx", built("2.0.0", usual))).toEqual([2, 0, 0]);
});

test.each([
  [built("1.18.0", usual), "is nginx 1.18.0, sites need 1.19.4 or newer"],
  [
    built("1.26.0", `${usual} --without-http_split_clients_module --without-http_ssi_module`),
    "built without what sites need: split_clients, ssi",
  ],
  [built("1.26.0", "--with-http_v2_module"), "built without what sites need: ssl"],
  ["no nginx at all", "is nginx 0.0.0"],
])("one that cannot serve sites is refused with what it lacks: %s", (said, message) => {
  expect(() => readBuild("/usr/sbin/nginx", said)).toThrow(message);
});
