/**
 * How a test is named, so that what the recorder saw live and what a report file says afterwards meet.
 *
 * A test is `{ file, titlePath, project }`:
 * - `file`: the test file relative to the workspace (the checkout's root), forward slashes, no leading `./`.
 *   A runner that reports absolute paths has the workspace cut off; one that reports paths relative to its own root
 *   (Playwright's JSON: `config.rootDir`) has that root put in front first.
 * - `titlePath`: the describe blocks and the test's own title, outermost first; never the file, the project or an empty title.
 *     Playwright `["cart", "adds an item"]`   Vitest and node:test `["cart", "inner", "adds"]`
 *     pytest `tests/test_a.py::TestX::test_y[1]` is file `tests/test_a.py`, titlePath `["TestX", "test_y[1]"]`.
 * - `project`: Playwright's project name. Every other runner, and a Playwright without named projects, leaves it out.
 *
 * The id is a hash of `project \0 file \0 titlePath.join(" > ")`. Joining first means that a reader that only has Vitest's
 * `cart > inner > adds` gets the same id without guessing where a title ends. Attempts count from 1 (Playwright's `retry`
 * plus one), and `${testId}#${attempt}` is the attempt's id.
 *
 * Reading JUnit: first `matchTest(liveTests, case)`, which tolerates what the format loses; when it finds nothing (the test made no
 * live event), `identityOfJunitCase(case)`.
 */
export interface TestIdentity {
  readonly file: string;
  readonly titlePath: readonly string[];
  readonly project?: string;
}

/** A `<testcase>` as written. `suites` are the names of the `<testsuite>` elements around it, outermost first. */
export interface JunitCase {
  readonly name: string;
  readonly classname?: string;
  readonly file?: string;
  readonly suites?: readonly string[];
}

/** 16 lower-case hex digits, stable across runs and machines. */
export function testId(identity: TestIdentity): string {
  const { file, titlePath, project } = normaliseIdentity(identity);
  return fnv1a64(`${project ?? ""}\0${file}\0${titlePath.join(" > ")}`);
}

export function testAttemptId(id: string, attempt: number): string {
  return `${id}#${attempt}`;
}

export function normaliseIdentity(identity: TestIdentity, workspace?: string): TestIdentity {
  const titlePath = identity.titlePath.map(normaliseTitle).filter((title) => title !== "");
  const file = normaliseFile(identity.file, workspace);
  return identity.project ? { file, titlePath, project: identity.project } : { file, titlePath };
}

/** `file:///work/tests/a.ts`, `C:\work\tests\a.ts` and `./tests/a.ts` are all `tests/a.ts` seen from their workspace. */
export function normaliseFile(file: string, workspace?: string): string {
  const path = slashes(file);
  const root = workspace === undefined ? undefined : `${slashes(workspace).replace(/\/+$/, "")}/`;
  const inside = root !== undefined && path.startsWith(root) ? path.slice(root.length) : path;
  return inside.replace(/^(?:\.\/+)+/, "");
}

/**
 * The one candidate that a JUnit case means, or undefined when none or several fit equally well.
 * Titles must agree once separators are ignored; the file, as far as the case names one, decides between equals.
 */
export function matchTest<T extends TestIdentity>(candidates: readonly T[], junitCase: JunitCase): T | undefined {
  let best: { readonly candidate: T; readonly score: number } | undefined;
  let tied = false;
  for (const candidate of candidates) {
    const score = likeness(candidate, junitCase);
    if (score === 0) continue;
    if (best === undefined || score > best.score) {
      best = { candidate, score };
      tied = false;
    } else if (score === best.score) {
      tied = true;
    }
  }
  return tied ? undefined : best?.candidate;
}

/** The best reading of a JUnit case on its own; exact for Vitest and Playwright run at the workspace's root, a fair guess for others. */
export function identityOfJunitCase(junitCase: JunitCase, workspace?: string): TestIdentity {
  const classname = junitCase.classname ?? "";
  const titles = splitTitle(junitCase.name);
  if (junitCase.file !== undefined) {
    const python = junitCase.file.endsWith(".py") ? pythonClasses(classname, junitCase.file) : undefined;
    return normaliseIdentity({ file: junitCase.file, titlePath: [...(python ?? innerSuites(junitCase)), ...titles] }, workspace);
  }
  if (looksLikePath(classname)) return normaliseIdentity({ file: classname, titlePath: titles }, workspace);
  const parts = classname.split(".").filter((part) => part !== "");
  const classAt = parts.findIndex((part) => /^[A-Z]/.test(part));
  const moduleParts = classAt === -1 ? parts : parts.slice(0, classAt);
  const classes = classAt === -1 ? [] : parts.slice(classAt);
  const isPython = moduleParts.some((part) => /^test_|_test$/.test(part));
  if (isPython) return normaliseIdentity({ file: `${moduleParts.join("/")}.py`, titlePath: [...classes, ...titles] });
  return normaliseIdentity({ file: classname, titlePath: [...innerSuites(junitCase), ...titles] });
}

function normaliseTitle(title: string): string {
  return title.replace(/\s+/g, " ").replaceAll(" › ", " > ").trim();
}

function slashes(path: string): string {
  const local = path.startsWith("file://") ? decodeURIComponentSafely(path.slice("file://".length)) : path;
  return local.replaceAll("\\", "/");
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** 0: another test. Otherwise, more of the titles explained by the case counts more than the file, the exact file more than its tail. */
function likeness(candidate: TestIdentity, junitCase: JunitCase): number {
  const file = fileLikeness(candidate.file, junitCase);
  if (file === undefined) return 0;
  const titles = titleLikeness(candidate.titlePath, junitCase);
  if (titles === 0) return 0;
  const project = candidate.project !== undefined && junitCase.suites?.includes(candidate.project) === true ? 1 : 0;
  return titles * 100 + file * 10 + project;
}

function titleLikeness(titlePath: readonly string[], junitCase: JunitCase): number {
  const wanted = squash(titlePath.join(" "));
  const name = squash(junitCase.name);
  if (name === wanted) return 3;
  const around = [junitCase.classname ?? "", (junitCase.suites ?? []).join(" ")];
  if (around.some((context) => squash(`${context} ${junitCase.name}`).endsWith(wanted)) && wanted.endsWith(name)) return 3;
  return squash(titlePath.at(-1) ?? "") === name ? 1 : 0;
}

/** Undefined: the case names another file. 0: it names none. */
function fileLikeness(file: string, junitCase: JunitCase): number | undefined {
  const named = [junitCase.file, junitCase.classname, ...(junitCase.suites ?? [])].filter(
    (text) => text !== undefined && looksLikePath(text),
  );
  if (named.length > 0) {
    const paths = named.map((path) => normaliseFile(path ?? ""));
    if (paths.includes(file)) return 3;
    return paths.some((path) => path.endsWith(`/${file}`) || file.endsWith(`/${path}`)) ? 2 : undefined;
  }
  const module = file.replace(/\.\w+$/, "").replaceAll("/", ".");
  const dotted = `${junitCase.classname ?? ""}.`;
  if (!file.endsWith(".py")) return 0;
  if (dotted.startsWith(`${module}.`)) return 3;
  // pytest run in a folder below the workspace sees a shorter module, run above it a longer one.
  const tails = module.split(".").map((_, index, parts) => parts.slice(index).join("."));
  return tails.some((tail) => dotted.startsWith(`${tail}.`)) || dotted.includes(`.${module}.`) ? 2 : undefined;
}

/** Test files have an extension of letters and no spaces around it; `suite.case` of a dotted class does not look like one. */
function looksLikePath(text: string): boolean {
  return /(^|[\\/])[^\\/]+\.(?:[cm]?[jt]sx?|py|rb|go|php|java|kt|feature|vue|svelte)$/i.test(text);
}

function splitTitle(name: string): string[] {
  return normaliseTitle(name).split(" > ");
}

function innerSuites(junitCase: JunitCase): readonly string[] {
  return (junitCase.suites ?? []).filter((suite) => !looksLikePath(suite));
}

function pythonClasses(classname: string, file: string): string[] {
  const module = normaliseFile(file).replace(/\.py$/, "").replaceAll("/", ".");
  return classname.startsWith(`${module}.`) ? classname.slice(module.length + 1).split(".") : [];
}

/** What is left when every runner's separators are gone. */
function squash(text: string): string {
  return text.replace(/[\s>›:./\\]+/g, "").toLowerCase();
}

/** FNV-1a, 64 bits (draft-eastlake-fnv): pure, so that a browser and a server agree; collisions are only an accident's concern here. */
function fnv1a64(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}
