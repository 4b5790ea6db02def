import type { Dependency } from "@dojang/model";
import { expect, test } from "vitest";
import { checkOrder, gateOf, type SeenService } from "./start-order.ts";

const needs = (condition: Dependency["condition"], required = true) => ({
  name: "api",
  dependsOn: [{ service: "db", condition, required }],
});
const gate = (condition: Dependency["condition"], seen: Partial<SeenService>, required = true) =>
  gateOf(needs(condition, required), () => ({ state: "created", hasHealth: true, ...seen })).kind;

test("started opens as soon as the other was started", () => {
  expect(gate("started", {})).toBe("waiting");
  expect(gate("started", { state: "starting" })).toBe("open");
});

test("healthy opens with health, or with running where there is no health check", () => {
  expect(gate("healthy", { state: "starting" })).toBe("waiting");
  expect(gate("healthy", { state: "healthy" })).toBe("open");
  expect(gate("healthy", { state: "running", hasHealth: false })).toBe("open");
  expect(gate("healthy", { state: "unhealthy" })).toBe("shut");
  expect(gate("healthy", { state: "exited", exitCode: 0 })).toBe("shut");
});

test("completed opens with 0 and is shut by any other code", () => {
  expect(gate("completed", { state: "running" })).toBe("waiting");
  expect(gate("completed", { state: "exited", exitCode: 0 })).toBe("open");
  expect(gate("completed", { state: "exited", exitCode: 1 })).toBe("shut");
});

test("a dependency that is not required shuts nothing", () => {
  expect(gate("completed", { state: "exited", exitCode: 1 }, false)).toBe("open");
});

test("a circle is named in full, and so is a dependency nobody has", () => {
  const on = (name: string, service: string) => ({ name, dependsOn: [{ service, condition: "started" as const, required: true }] });
  expect(() => checkOrder([on("a", "b"), on("b", "c"), on("c", "b")])).toThrow("b -> c -> b");
  expect(() => checkOrder([on("a", "ghost")])).toThrow("a depends on ghost");
  expect(() => checkOrder([on("a", "b"), { name: "b", dependsOn: [] }])).not.toThrow();
});
