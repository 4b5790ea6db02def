import { Problem } from "@dojang/model";
import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { failureText } from "./print-failure.ts";
import { createProgram } from "./program.ts";

test.each([
  [["--port", "abc"], "from 0 to 65535"],
  [["--port", "99999"], "from 0 to 65535"],
  [["--prot", "1"], "Did you mean --port?"],
  [["--use-chunked-encoding", "often"], "body_file"],
  [["--proxy-pass-through", "perhaps"], "true or false"],
  [["extra"], "extra"],
  [["--dir", "/nowhere/at/all"], "there is no such folder"],
  [["--dir", import.meta.filename], "it is a file"],
  [["--disable-http"], "add --https-port"],
  [["--port", "1", "--disable-http", "--https-port", "2"], "leave one of them out"],
  [["--https-key", "k.pem"], "belong together"],
  [["--https-port", "0", "--https-key", "nowhere.pem", "--https-cert", "nowhere.pem"], "--https-key nowhere.pem could not be read"],
  [["--https-port", "0", "--https-key", import.meta.filename, "--https-cert", import.meta.filename], "openssl pkcs12"],
  [["--strict"], "add --openapi"],
  [["--strict", "--lenient", "--openapi", "x"], "exclude each other"],
  [["--global-response-templating", "--disable-response-templating"], "exclude each other"],
  [["--match-headers", "Accept"], "add --record-mappings"],
  [["--record-mappings", "--proxy-all", "http://localhost:1", "--no-request-journal"], "leave out --no-request-journal"],
  [["--trust-all-proxy-targets"], "add --enable-browser-proxying"],
  [["--admin-api-basic-auth", "nopassword"], "user:password"],
  [["--proxy-all", ""], '--proxy-all takes an address of http or https, got ""'],
  [["--proxy-all", "localhost:9000"], "write for example: --proxy-all http://localhost:9000"],
  [["--proxy-via", "ftp://proxy"], '--proxy-via takes an address of http or https, got "ftp://proxy"'],
  [["--filename-template", "fixed"], "{{{method}}}"],
  [["--watch"], "add --dir"],
  [["--https-keystore", "store.jks"], "--https-key key.pem --https-cert cert.pem"],
  [["--extensions", "com.example.X", "--load-resources-from-classpath", "x"], "there is no classpath here"],
])("a mistake in the flags is refused with what to write instead: %j", async (args, advice) => {
  expect(await refusalOf(args)).toContain(advice);
});

test("every contradiction of a command line is told at once", async () => {
  const refusal = await refusalOf(["--strict", "--lenient", "--match-headers", "Accept"]);
  for (const part of ["exclude each other", "there is none", "is about --record-mappings"]) expect(refusal).toContain(part);
});

/** What is said of a command line that is never run. */
async function refusalOf(args: readonly string[]): Promise<string> {
  let said = "";
  const program = createProgram({ signal: AbortSignal.abort() }).configureOutput({
    writeErr: (text) => {
      said += text;
    },
  });
  const error = await program.parseAsync(args, { from: "user" }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CommanderError && error.exitCode !== 0) return said;
  if (error instanceof Problem && error.exitCode === 2) return failureText(error);
  throw new Error("it was not refused", { cause: error });
}
