// Stands in for wget in health checks: -q -O FILE --spider -T SECONDS --header, as GNU's and busybox's have them.
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fetchUrl } from "./fetch-url.ts";

let output: string | undefined;
let timeoutMs = 60_000;
let spider = false;
let quiet = false;
let insecure = false;
const headers: Record<string, string> = { "user-agent": "wget" };
const urls: string[] = [];

const words = process.argv.slice(2).flatMap((word) => {
  const assigned = /^(--[a-z-]+)=(.*)$/s.exec(word);
  return assigned === null ? [word] : [assigned[1] ?? "", assigned[2] ?? ""];
});
for (let word = words.shift(); word !== undefined; word = words.shift()) {
  const bundle = /^-([qnvS]*)O(.*)$/.exec(word);
  if (bundle !== null || word === "--output-document") {
    quiet ||= bundle?.[1]?.includes("q") ?? false;
    output = bundle?.[2] || words.shift();
  } else if (word === "-T" || word === "--timeout") timeoutMs = Number(words.shift()) * 1_000;
  else if (word === "-t" || word === "--tries") words.shift();
  else if (word === "--header") {
    const header = words.shift() ?? "";
    headers[header.slice(0, header.indexOf(":")).trim().toLowerCase()] = header.slice(header.indexOf(":") + 1).trim();
  } else if (word === "--spider") spider = true;
  else if (word === "--no-check-certificate") insecure = true;
  else if (word === "-q" || word === "--quiet") quiet = true;
  else if (!word.startsWith("-")) urls.push(word);
}

const url = urls[0] ?? "";
try {
  const answer = await fetchUrl({ url, method: spider ? "HEAD" : "GET", headers, timeoutMs, redirects: 10, insecure });
  // GNU wget asks again with GET where HEAD is not served.
  const seen =
    spider && (answer.status === 405 || answer.status === 501)
      ? await fetchUrl({ url, method: "GET", headers, timeoutMs, redirects: 10, insecure })
      : answer;
  const failed = seen.status >= 400;
  if (failed && !quiet) console.error(`wget: server returned error: ${seen.status}`);
  if (!failed && !spider) {
    if (output === "-") process.stdout.write(seen.body);
    else writeFileSync(output ?? (basename(new URL(url).pathname) || "index.html"), seen.body);
  }
  process.exitCode = failed ? 8 : 0;
} catch (error) {
  if (!quiet) console.error(`wget: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 4;
}
