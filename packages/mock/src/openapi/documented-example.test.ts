import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { answerOf, ask, contractOf, judged } from "./testing/contract-of.ts";

const page = readFileSync(path.join(import.meta.dirname, "../../../../docs/reference/mock-openapi.md"), "utf8");
const document = /```yaml\n(openapi: 3\.1\.0\n[\s\S]*?)```/.exec(page)?.[1] ?? "";

test("the worked example of the reference answers as the reference says", async () => {
  const contract = await contractOf(document, { mode: "strict" });
  const play = async (line: string, body?: unknown) => {
    const request = ask(line, {}, body);
    const answer = await answerOf(contract, request);
    expect(judged(contract, request, answer), line).toEqual([]);
    return answer;
  };
  const said = (text: string) => expect(page).toContain(text);
  const created = await play("POST /todos", { title: "write" });
  expect(created).toMatchObject({ status: 201, headers: { location: "/todos/2" } });
  said(`Location: /todos/2\n${JSON.stringify(created.body)}`);
  said(`done=false\n${JSON.stringify((await play("GET /todos?done=false")).body)}`);
  said(`localhost:8080/todos/2\n${JSON.stringify((await play("PATCH /todos/2", { done: true })).body)}`);
  expect((await play("DELETE /todos/2")).status).toBe(204);
  expect((await play("DELETE /todos/2")).status).toBe(404);
  expect((await play("GET /todos")).body).toEqual([{ id: 1, title: "read", done: true }]);
  expect(contract.warnings).toEqual([]);
});
