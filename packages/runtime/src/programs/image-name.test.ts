import { expect, test } from "vitest";
import { parseImageName } from "./image-name.ts";

test.each([
  ["postgres", { program: "postgres", known: true, tag: "latest", major: undefined }],
  ["postgres:16-alpine", { program: "postgres", known: true, tag: "16-alpine", major: 16 }],
  ["docker.io/library/redis:7.2.4", { program: "redis", known: true, tag: "7.2.4", major: 7 }],
  ["redis@sha256:0123", { program: "redis", known: true, tag: "latest", major: undefined }],
  ["localhost:5000/postgres:16", { program: "postgres", known: false, tag: "16", major: 16 }],
  ["valkey/valkey:8", { program: "valkey", known: false, tag: "8", major: 8 }],
])("the image %s is read as Docker reads it", (image, name) => {
  expect(parseImageName(image)).toEqual(name);
});
