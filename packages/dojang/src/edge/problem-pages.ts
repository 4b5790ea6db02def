/** What people see when nginx itself answers: as a page, and as RFC 9457 problem details. */
const problems: Readonly<Record<number, readonly [title: string, english: string, korean: string]>> = {
  400: ["Bad Request", "The request could not be understood.", "요청을 이해할 수 없습니다."],
  404: ["Not Found", "There is nothing at this address.", "이 주소에는 아무것도 없습니다."],
  413: ["Content Too Large", "What was sent is larger than this site takes.", "보낸 내용이 이 사이트가 받는 크기보다 큽니다."],
  429: ["Too Many Requests", "You asked too often. Please wait a moment.", "요청이 너무 많습니다. 잠시 후 다시 시도해 주세요."],
  502: ["Bad Gateway", "The service does not answer right now.", "서비스가 지금 응답하지 않습니다."],
  504: ["Gateway Timeout", "The service took too long to answer.", "서비스의 응답이 너무 늦습니다."],
};

const maintenance: readonly [string, string, string] = [
  "Maintenance",
  "This site is being worked on. Please come back in a few minutes.",
  "점검 중입니다. 몇 분 후에 다시 찾아 주세요.",
];

/** Files by name: 502.html, 502.json and so on. */
export function problemPages(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(problems).flatMap(([status, [title, english, korean]]) => pages(Number(status), title, [english, korean])),
  );
}

/** The same for maintenance; `text` is shown instead of ours. */
export function maintenancePages(text: string | undefined): Readonly<Record<string, string>> {
  const [title, english, korean] = maintenance;
  return Object.fromEntries(pages(503, title, text === undefined ? [english, korean] : [text]));
}

function pages(status: number, title: string, lines: readonly string[]): [string, string][] {
  return [
    [`${status}.html`, htmlPage(status, title, lines)],
    [`${status}.json`, jsonPage(status, title, lines)],
  ];
}

// nginx replaces it: ssi.
const requestId = (encoding: "entity" | "none", name: string) => `<!--# echo encoding="${encoding}" var="${name}" default="" -->`;

/** Stands for the variable's name, which depends on the edge. */
export const requestIdVariable = "DOJANG_REQUEST_ID";

function htmlPage(status: number, title: string, lines: readonly string[]): string {
  return `<!doctype html>
<html lang="ko">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${status} ${title}</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1.25rem; }
h1 { font-size: 1.25rem; }
small { opacity: .7; overflow-wrap: anywhere; }
</style>
</head>
<body>
<main>
<h1>${status} ${title}</h1>
${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join("\n")}
<p><small>${requestId("entity", requestIdVariable)}</small></p>
</main>
</body>
</html>
`;
}

function jsonPage(status: number, title: string, lines: readonly string[]): string {
  const body = JSON.stringify({ type: "about:blank", title, status, detail: lines[0], requestId: requestIdVariable });
  // A text with `<!--#` must not become an instruction to nginx.
  return `${body.replaceAll("<", "\\u003c").replace(`"${requestIdVariable}"`, `"${requestId("none", requestIdVariable)}"`)}\n`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
