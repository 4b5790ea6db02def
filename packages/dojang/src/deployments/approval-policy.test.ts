import { describe, expect, test } from "vitest";
import { type ApprovalFacts, approvalState, mayDecide } from "./approval-policy.ts";

const facts: ApprovalFacts = {
  policy: { by: ["maintainers", "ceo"], count: 1, not: ["author"], expiresMs: 1000 },
  groups: { maintainers: ["mina", "joon"] },
  author: ["Mina Kim", "mina@example.com", "mina"],
  requestedBy: "joon",
  approvals: [],
  topic: "release",
  expiresAt: 2000,
  now: 1000,
};
const approved = (person: string, more: Partial<ApprovalFacts["approvals"][number]> = {}) =>
  ({ person, topic: "release", decision: "approved", at: 1, ...more }) as const;

describe("an approval", () => {
  test("waits until as many as are asked for have agreed", () => {
    const two = { ...facts, policy: { ...facts.policy, count: 2 }, approvals: [approved("joon")] };
    expect(approvalState(two)).toEqual({ kind: "waiting", has: ["joon"], needs: 1 });
    expect(approvalState({ ...two, approvals: [approved("joon"), approved("ceo")] })).toEqual({ kind: "approved", by: ["joon", "ceo"] });
  });

  test("of the author counts for nothing, by whichever name", () => {
    expect(approvalState({ ...facts, approvals: [approved("MINA")] })).toEqual({ kind: "waiting", has: [], needs: 1 });
    expect(mayDecide("mina@example.com", { ...facts, policy: { ...facts.policy, by: ["mina@example.com"] } })).toBe(
      "mina@example.com is the author of the change",
    );
  });

  test("of somebody who is not named counts for nothing, and says who is", () => {
    expect(mayDecide("guest", facts)).toBe("guest is neither named under `by` nor in a group of it (maintainers, ceo)");
    expect(approvalState({ ...facts, approvals: [approved("guest")] }).kind).toBe("waiting");
  });

  test("by whoever asked is refused when the requester is excluded", () => {
    const strict = { ...facts, policy: { ...facts.policy, not: ["requester"] } };
    expect(mayDecide("joon", strict)).toBe("joon asked for the deployment");
    expect(mayDecide("ceo", strict)).toBeUndefined();
  });

  test("a member of a group under `not` is refused although named under `by`", () => {
    expect(mayDecide("joon", { ...facts, policy: { ...facts.policy, not: ["maintainers"], by: ["joon"] } })).toContain("`not`");
  });

  test("one rejection outweighs approvals, and its reason is kept", () => {
    const said = [approved("joon"), approved("ceo", { decision: "rejected", reason: "not on a Friday" })];
    expect(approvalState({ ...facts, approvals: said })).toEqual({ kind: "rejected", by: "ceo", reason: "not on a Friday" });
  });

  test("is for its topic alone: agreeing to the release does not agree to losing the way back", () => {
    expect(approvalState({ ...facts, topic: "no-way-back", approvals: [approved("joon")] }).kind).toBe("waiting");
  });

  test("expires, but not once enough have agreed", () => {
    expect(approvalState({ ...facts, now: 2001 })).toEqual({ kind: "expired" });
    expect(approvalState({ ...facts, now: 2001, approvals: [approved("joon")] }).kind).toBe("approved");
  });
});
