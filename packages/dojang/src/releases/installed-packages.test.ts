import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { billOfMaterials } from "./bill-of-materials.ts";
import { installedPackages } from "./installed-packages.ts";

let tree = "";
beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), "dojang-tree-"));
});
afterEach(() => rm(tree, { recursive: true, force: true }));

async function put(path: string, content: string | object): Promise<void> {
  await mkdir(dirname(join(tree, path)), { recursive: true });
  await writeFile(join(tree, path), typeof content === "string" ? content : JSON.stringify(content));
}

test("of npm's own list each package is told once, with what it really gets of what it asks for", async () => {
  await put("node_modules/.package-lock.json", {
    packages: {
      "node_modules/a": { version: "1.0.0", license: "MIT", integrity: "sha512-AAEC", dependencies: { b: "^1", absent: "*" } },
      "node_modules/a/node_modules/b": { version: "1.5.0", license: "(MIT OR Apache-2.0)" },
      "node_modules/b": { version: "2.0.0", dev: true },
      "node_modules/@scope/c": { version: "3.0.0", license: "SEE LICENSE IN x", optionalDependencies: { b: "*" } },
      "node_modules/own": { link: true },
      "packages/own": { version: "0.1.0" },
    },
  });
  expect(await installedPackages(tree)).toEqual([
    { ecosystem: "npm", name: "@scope/c", version: "3.0.0", license: "SEE LICENSE IN x", dependencies: ["b@2.0.0"] },
    { ecosystem: "npm", name: "a", version: "1.0.0", license: "MIT", sha512: "000102", dependencies: ["b@1.5.0"] },
    { ecosystem: "npm", name: "b", version: "1.5.0", license: "(MIT OR Apache-2.0)", dependencies: [] },
    { ecosystem: "npm", name: "b", version: "2.0.0", development: true, dependencies: [] },
  ]);
});

test("packages that another tool than npm installed are found where they lie, past files that are none", async () => {
  await put("node_modules/.pnpm/a@1.0.0/node_modules/a/package.json", { name: "a", version: "1.0.0", license: "ISC" });
  await put("node_modules/@scope/b/package.json", { name: "@scope/b", version: "2.0.0" });
  await put("node_modules/broken/package.json", "{ not json");
  expect((await installedPackages(tree)).map(({ name, version }) => `${name}@${version}`)).toEqual(["@scope/b@2.0.0", "a@1.0.0"]);
});

test("Python's packages are read from their metadata, whose description is no header", async () => {
  await put(
    ".venv/lib/python3.11/site-packages/My_Pkg-1.2.dist-info/METADATA",
    "Metadata-Version: 2.4\nName: My_Pkg\nVersion: 1.2\nLicense-Expression: BSD-3-Clause\n\nName: other\nVersion: 9\n",
  );
  expect(await installedPackages(tree)).toEqual([
    { ecosystem: "pypi", name: "my-pkg", version: "1.2", license: "BSD-3-Clause", dependencies: [] },
  ]);
});

test("a tree without packages has none", async () => {
  await put("server.js", "");
  expect(await installedPackages(tree)).toEqual([]);
});

test("the same packages give the same bill, with what uses them and what they use", () => {
  const digest = "0a".repeat(64);
  const packages = [
    { ecosystem: "npm", name: "@scope/c", version: "3.0.0", license: "SEE LICENSE IN x", dependencies: ["b@2.0.0"] },
    {
      ecosystem: "npm",
      name: "b",
      version: "2.0.0",
      license: "(MIT OR Apache-2.0)",
      sha512: digest,
      development: true,
      dependencies: [],
    },
  ] as const;
  const request = {
    project: "shop",
    version: "1",
    services: { api: packages, worker: packages },
    images: { db: "registry:5000/postgres:16" },
    digest: "d",
  };
  const bill = billOfMaterials(request);
  expect(billOfMaterials(request).text).toBe(bill.text);
  expect(bill.components).toBe(3);
  const { components, dependencies } = JSON.parse(bill.text);
  expect(components).toMatchObject([
    { type: "container", name: "registry:5000/postgres", version: "16" },
    { group: "@scope", name: "c", purl: "pkg:npm/%40scope/c@3.0.0", licenses: [{ license: { name: "SEE LICENSE IN x" } }] },
    {
      name: "b",
      scope: "optional",
      hashes: [{ alg: "SHA-512", content: digest }],
      licenses: [{ expression: "(MIT OR Apache-2.0)" }],
      purl: "pkg:npm/b@2.0.0",
      properties: [
        { name: "dojang:service", value: "api" },
        { name: "dojang:service", value: "worker" },
      ],
    },
  ]);
  const uses = dependencies.find(({ ref }: { ref: string }) => ref === "pkg:npm/%40scope/c@3.0.0");
  expect(uses.dependsOn).toEqual(["pkg:npm/b@2.0.0"]);
});
