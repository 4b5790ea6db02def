// Stands in for curl in health checks: -f -s -S -o -I -i -L -k -X -H -d -m -w '%{http_code}' --retry is accepted.
import { writeFileSync } from "node:fs";
import { fetchUrl } from "./fetch-url.ts";

const withValue = new Set(["-o", "-X", "-H", "-d", "-m", "-w", "-A", "-u"]);
const longNames: Readonly<Record<string, string>> = {
  "--fail": "-f",
  "--fail-with-body": "-f",
  "--silent": "-s",
  "--show-error": "-S",
  "--output": "-o",
  "--head": "-I",
  "--include": "-i",
  "--location": "-L",
  "--insecure": "-k",
  "--request": "-X",
  "--header": "-H",
  "--data": "-d",
  "--max-time": "-m",
  "--connect-timeout": "-m",
  "--write-out": "-w",
  "--user-agent": "-A",
  "--user": "-u",
};
const ignoredWithValue = new Set(["--retry", "--retry-delay", "--retry-max-time"]);

const flags = new Map<string, string[]>();
const urls: string[] = [];
const words = process.argv.slice(2);
for (let word = words.shift(); word !== undefined; word = words.shift()) {
  if (ignoredWithValue.has(word)) words.shift();
  else if (word.startsWith("--")) take(longNames[word] ?? word);
  // Short flags come in bundles, a value may follow its letter at once: -fsSo/dev/null.
  else if (word.startsWith("-")) takeBundle(word.slice(1));
  else urls.push(word);
}

function take(flag: string, attached?: string): void {
  const value = withValue.has(flag) ? (attached ?? words.shift() ?? "") : "";
  flags.set(flag, [...(flags.get(flag) ?? []), value]);
}

function takeBundle(letters: string): void {
  for (let at = 0; at < letters.length; at++) {
    const flag = `-${letters[at]}`;
    const rest = letters.slice(at + 1);
    take(flag, rest === "" ? undefined : rest);
    if (withValue.has(flag)) return;
  }
}

const last = (flag: string) => flags.get(flag)?.at(-1);
const headers: Record<string, string> = { "user-agent": last("-A") ?? "curl" };
for (const header of flags.get("-H") ?? []) {
  const colon = header.indexOf(":");
  headers[header.slice(0, colon).trim().toLowerCase()] = header.slice(colon + 1).trim();
}
const user = last("-u");
if (user !== undefined) headers.authorization = `Basic ${Buffer.from(user).toString("base64")}`;
const body = flags.get("-d")?.join("&");
if (body !== undefined) headers["content-type"] ??= "application/x-www-form-urlencoded";

try {
  const answer = await fetchUrl({
    url: urls[0] ?? "",
    method: last("-X") ?? (flags.has("-I") ? "HEAD" : body === undefined ? "GET" : "POST"),
    headers,
    body,
    timeoutMs: Number(last("-m") ?? 60) * 1_000,
    redirects: flags.has("-L") ? 10 : 0,
    insecure: flags.has("-k"),
  });
  const failed = flags.has("-f") && answer.status >= 400;
  if (failed && (!flags.has("-s") || flags.has("-S"))) console.error(`curl: (22) The requested URL returned error: ${answer.status}`);
  const head = flags.has("-I") || flags.has("-i") ? `${answer.headers.join("\r\n")}\r\n\r\n` : "";
  const output = Buffer.concat([Buffer.from(head), failed ? Buffer.alloc(0) : answer.body]);
  const file = last("-o");
  if (file === undefined || file === "-") process.stdout.write(output);
  else writeFileSync(file, output);
  process.stdout.write((last("-w") ?? "").replaceAll("%{http_code}", String(answer.status)).replaceAll("\\n", "\n"));
  process.exitCode = failed ? 22 : 0;
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  if (!flags.has("-s") || flags.has("-S")) console.error(`curl: (7) ${message}`);
  process.exitCode = error instanceof Error && error.name === "TimeoutError" ? 28 : 7;
}
