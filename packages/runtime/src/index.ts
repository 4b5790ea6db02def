export * from "./contract.ts";
export { probeDoctor } from "./doctor/probe-doctor.ts";
export type { FakeContext, FakeProgram, FakeScript } from "./fake/fake-program.ts";
export { FakeRuntime, FakeWorld } from "./fake/fake-runtime.ts";
export { HostRuntime } from "./host/host-runtime.ts";
export { probeMachine } from "./programs/probe-machine.ts";
export { asGuest, guestOwnership } from "./sandbox/guest-user.ts";
export { importTree } from "./sandbox/import-tree.ts";
export { createSandboxRuntime } from "./sandbox/sandbox-runtime.ts";
