import { expect, test } from "vitest";
import { cutScript } from "./sql-statements.ts";

const texts = (script: string) => cutScript(script).map((part) => part.text);

test("semicolons end statements, but not in quotes, dollar quotes, comments or parentheses", () => {
  expect(texts("select 1; select ';'; select $$;$$; select $x$ ; $y$ ; $x$;")).toEqual([
    "select 1;",
    "select ';';",
    "select $$;$$;",
    "select $x$ ; $y$ ; $x$;",
  ]);
  expect(texts("select \";\" -- ; here\n; /* ; */ select E'\\';';")).toEqual(['select ";" -- ; here\n;', "/* ; */ select E'\\';';"]);
  expect(texts("create rule r as on insert to t do also (select 1; select 2); select 3")).toHaveLength(2);
});

test("a line that begins with a backslash is a command of psql's", () => {
  expect(cutScript("-- first\n\\connect app\ncreate table t();\n\\q\n")).toEqual([
    { kind: "command", text: "\\connect app" },
    { kind: "sql", text: "create table t();", copyData: undefined },
    { kind: "command", text: "\\q" },
  ]);
});

test("rows after COPY go with it, up to the line that ends them", () => {
  expect(cutScript("COPY public.t (a, b) FROM stdin;\n1\tit's; fine\n2\t\\N\n\\.\n\nselect 1;")).toEqual([
    { kind: "sql", text: "COPY public.t (a, b) FROM stdin;", copyData: "1\tit's; fine\n2\t\\N\n" },
    { kind: "sql", text: "select 1;", copyData: undefined },
  ]);
});

test("a script of comments alone has no statements", () => {
  expect(cutScript("-- nothing\n/* here */\n")).toEqual([]);
});
