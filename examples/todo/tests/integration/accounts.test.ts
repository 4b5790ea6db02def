import { describe, expect, test } from "vitest";
import { call, type List, newAddress, signUp, startList } from "./todo-client.ts";

describe("accounts", () => {
  test("who signed up can sign in again and is known", async () => {
    const { email, password } = await signUp();

    const answer = await call<{ token: string }>("POST /sessions", { body: { email, password } });

    expect(answer.status).toBe(201);
    expect(await call("GET /accounts/me", { token: answer.body.token })).toMatchObject({ status: 200, body: { account: { email } } });
  });

  test("the session cookie cannot be read by scripts and is not sent from other sites", async () => {
    const answer = await call("POST /accounts", { body: { email: newAddress(), password: "correct horse battery" } });

    const cookie = answer.headers.getSetCookie()[0] ?? "";
    expect(cookie).toMatch(/^session=/);
    expect(cookie).toContain("HttpOnly");
    expect(cookie).toContain("SameSite=Lax");
    const me = await call("GET /accounts/me", { headers: { cookie: cookie.split(";")[0] ?? "" } });
    expect(me.status).toBe(200);
  });

  test.each([
    ["a wrong password", { password: "wrong horse battery" }],
    ["an address nobody signed up with", { email: newAddress() }],
  ])("%s is refused, with the same words", async (_case, wrong) => {
    const { email, password } = await signUp();

    const answer = await call("POST /sessions", { body: { email, password, ...wrong } });

    expect(answer).toMatchObject({ status: 401, body: { error: { code: "wrong_credentials" } } });
  });

  test("an address signs up once, in whatever case it is written", async () => {
    const { email } = await signUp();

    const answer = await call("POST /accounts", { body: { email: email.toUpperCase(), password: "correct horse battery" } });

    expect(answer).toMatchObject({ status: 409, body: { error: { code: "email_taken" } } });
  });

  test.each([
    ["no address", { email: "nobody", password: "correct horse battery" }, "invalid_email"],
    ["a short password", { email: newAddress(), password: "short" }, "invalid_password"],
  ])("signing up with %s is refused by name", async (_case, body, code) => {
    expect(await call("POST /accounts", { body })).toMatchObject({ status: 400, body: { error: { code } } });
  });
});

describe("whose list it is", () => {
  test("lists started while signed in are among one's own, newest first", async () => {
    const { token } = await signUp();
    const first = await startList(["First"], token);
    const second = await startList(["Second", "Third"], token);

    const { body } = await call<{ lists: { id: string; open: number; total: number }[] }>("GET /lists", { token });

    expect(body.lists).toMatchObject([
      { id: second.id, open: 2, total: 2 },
      { id: first.id, open: 1, total: 1 },
    ]);
  });

  test("a list without an owner can be kept; one that has an owner cannot be taken", async () => {
    const [finder, other] = await Promise.all([signUp(), signUp()]);
    const list = await startList(["Found"]);

    expect((await call(`PUT /lists/${list.id}/owner`, { token: finder.token })).status).toBe(204);

    expect((await call(`PUT /lists/${list.id}/owner`, { token: other.token })).status).toBe(409);
    expect((await call<List>(`GET /lists/${list.id}`, { token: finder.token })).body).toMatchObject({ owned: true, mine: true });
    expect((await call<List>(`GET /lists/${list.id}`, { token: other.token })).body).toMatchObject({ owned: true, mine: false });
  });

  test("only the account a list belongs to deletes it", async () => {
    const [owner, other] = await Promise.all([signUp(), signUp()]);
    const list = await startList(["Mine"], owner.token);

    expect((await call(`DELETE /lists/${list.id}`)).status).toBe(401);
    expect((await call(`DELETE /lists/${list.id}`, { token: other.token })).status).toBe(403);
    expect((await call(`DELETE /lists/${list.id}`, { token: owner.token })).status).toBe(204);
    expect((await call(`GET /lists/${list.id}`)).status).toBe(404);
  });

  test.each([
    ["nothing", {}],
    ["a token that is none", { token: "abc.def.ghi" }],
    // {"alg":"none"} with a subject: an unsigned token must not be believed.
    [
      "an unsigned token",
      { token: "eyJhbGciOiJub25lIn0.eyJpc3MiOiJ0b2RvIiwic3ViIjoiMDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAwIn0." },
    ],
  ])("one's own lists are refused to who brings %s", async (_case, options) => {
    expect(await call("GET /lists", options)).toMatchObject({ status: 401, body: { error: { code: "signed_out" } } });
  });
});
