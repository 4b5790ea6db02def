import { describe, expect, test } from "vitest";
import { type AddressBook, rewriteLocalhost, rewriteText, rewriteVariables } from "./address-book.ts";

const book: AddressBook = [
  { names: ["db", "postgres.internal"], host: "127.77.0.1", ports: { 5432: 5432 } },
  { names: ["api"], host: "127.0.0.1", ports: { 8000: 41000, 80: 41001 } },
  { names: ["cache"], host: "127.77.0.3", ports: { 6379: 6379 } },
];

describe("variables are rewritten to the real addresses", () => {
  test.each([
    ["postgres://u:p@db:5432/todo", "postgres://u:p@127.77.0.1:5432/todo"],
    ["postgresql+asyncpg://u:db@db/db", "postgresql+asyncpg://u:db@127.77.0.1/db"],
    ["http://api:8000/health", "http://127.0.0.1:41000/health"],
    ["http://api/", "http://127.0.0.1:41001/"],
    ["http://api:9999", "http://127.0.0.1:9999"],
    ["redis://:pw@cache", "redis://:pw@127.77.0.3"],
    ["cache:6379,api:8000", "127.77.0.3:6379,127.0.0.1:41000"],
    ["host=db port=5432 dbname=api", "host=127.77.0.1 port=5432 dbname=api"],
    ["Server=api;Port=8000;Database=db", "Server=127.0.0.1;Port=41000;Database=db"],
    ["jdbc:postgresql://postgres.internal:5432/x", "jdbc:postgresql://127.77.0.1:5432/x"],
  ])("%s", (value, real) => {
    expect(rewriteText(book, value)).toBe(real);
  });

  test.each([
    "db",
    "the api is down",
    "api-key",
    "mydb:5432",
    "http://other-api:8000",
    "http://api.example.com:8000",
    "db:latest",
    "/var/lib/db",
  ])("%s is left as it is", (value) => {
    expect(rewriteText(book, value)).toBe(value);
  });

  test("a name alone is an address only where the variable says it is one, and its port goes with it", () => {
    expect(rewriteVariables(book, { DB_HOST: "db", DB_NAME: "db", PGHOST: "db", API_HOST: "api", API_PORT: "8000", PORT: "8000" })).toEqual(
      {
        DB_HOST: "127.77.0.1",
        DB_NAME: "db",
        PGHOST: "127.77.0.1",
        API_HOST: "127.0.0.1",
        API_PORT: "41000",
        PORT: "8000",
      },
    );
  });
});

test("in a health check localhost is the service itself, on its own ports only", () => {
  const api = book[1]!;
  expect(rewriteLocalhost(api, "curl -f http://localhost:8000/health || exit 1")).toBe("curl -f http://127.0.0.1:41000/health || exit 1");
  expect(rewriteLocalhost(api, "wget -q --spider http://localhost/")).toBe("wget -q --spider http://127.0.0.1:41001/");
  expect(rewriteLocalhost(api, "curl http://localhost:9/")).toBe("curl http://localhost:9/");
  expect(rewriteLocalhost(book[0]!, "pg_isready -h localhost -U x")).toBe("pg_isready -h 127.77.0.1 -U x");
});
