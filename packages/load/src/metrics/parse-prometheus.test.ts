import { expect, test } from "vitest";
import { parsePrometheus } from "./parse-prometheus.ts";

test("a line is a name, labels and a value; a time and an exemplar after it are left out", () => {
  const text = [
    "# HELP http_requests_total All requests.",
    "# TYPE http_requests_total counter",
    'http_requests_total{method="GET",path="/a b"} 12 1700000000000',
    "process_cpu_seconds_total 3.5e-1",
    'http_duration_bucket{le="+Inf"} 7 # {trace_id="abc"} 0.4',
    "",
  ].join("\n");
  expect(parsePrometheus(text)).toEqual([
    { name: "http_requests_total", labels: { method: "GET", path: "/a b" }, value: 12 },
    { name: "process_cpu_seconds_total", labels: {}, value: 0.35 },
    { name: "http_duration_bucket", labels: { le: "+Inf" }, value: 7 },
  ]);
});

test("labels may hold quotes, braces, backslashes and line ends", () => {
  const [sample] = parsePrometheus('a{x="say \\"hi\\" {}", y="c:\\\\d\\ne",} 1');
  expect(sample?.labels).toEqual({ x: 'say "hi" {}', y: "c:\\d\ne" });
});

test("infinities are values, what is no number is not", () => {
  expect(parsePrometheus("a +Inf\nb -Inf\nc NaN\nd twelve").map(({ name, value }) => [name, value])).toEqual([
    ["a", Number.POSITIVE_INFINITY],
    ["b", Number.NEGATIVE_INFINITY],
  ]);
});

test("a strange line does not hide the others", () => {
  const text = 'good 1\n<html>\n9bad 2\nbad{x=1} 3\nbad{x="1" 4\nalso_good 5\r';
  expect(parsePrometheus(text).map(({ name }) => name)).toEqual(["good", "also_good"]);
});

test("no more than 50,000 are read", () => {
  expect(parsePrometheus("a 1\n".repeat(50_001))).toHaveLength(50_000);
});
