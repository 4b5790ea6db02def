import { acceptedDifferences } from "./accepted-differences.ts";

/** docs/reference/mock-differences.md: what the differential tests accept, from the table that they accept it by. */
export function differencesPage(): string {
  const sections = acceptedDifferences.map(
    ({ title, wireMock, dojang, reason }) => `## ${title}\n\n- WireMock ${wireMock}.\n- dojang-mock ${dojang}.\n- Why: ${reason}.\n`,
  );
  return [
    "# Where dojang-mock differs from WireMock 3.13.2, and why",
    "",
    "Made from the table in `tests/differential/accepted/`. Each difference has an example there that both servers are asked, and a test that fails once it is gone. Templates have a table of their own: [mock-templates.md](mock-templates.md).",
    "",
    ...sections,
  ].join("\n");
}
