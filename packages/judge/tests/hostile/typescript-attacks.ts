import { type Attack, anyRefusal, between, pick } from "./attack.ts";

/** What submissions in TypeScript do to the judge, to its machine and to their own results. `node(...)` is a module of Node's. */
export const typeScriptAttacks: readonly Attack[] = [
  {
    kind: "fork bomb",
    allowed: ["time", "processes", "memory"],
    lines: (random) =>
      pick(
        random,
        'for (;;) { try { node("child_process").spawn("sleep", ["100"]).on("error", () => {}); } catch {} }',
        'for (;;) { try { node("child_process").spawn(process.execPath, ["-e", "setTimeout(() => {}, 1e6)"]).on("error", () => {}); } catch {} await new Promise((done) => setImmediate(done)); }',
        'for (;;) node("child_process").spawnSync("sh", ["-c", "sleep 100 & sleep 100 & sleep 100 & sleep 100 &"]);',
      ),
  },
  {
    kind: "memory",
    allowed: ["memory", "time", "false_alarm"],
    lines: (random) =>
      pick(
        random,
        `const all = []; for (;;) all.push(Buffer.alloc(${between(random, 1, 16)} * 1024 ** 2, 1));`,
        'let text = "x"; for (;;) text = text + text + String(text.length);',
        `const all = []; for (;;) all.push(new Array(${between(random, 10, 10_000)}).fill({}));`,
        "new ArrayBuffer(2 ** 45);",
        "const all = []; for (;;) all.push(new WebAssembly.Memory({ initial: 100 }).buffer);",
        "const map = new Map(); for (let i = 0; ; i++) map.set(i, String(i).repeat(100));",
      ),
  },
  {
    kind: "memory of children",
    allowed: ["memory", "time", "processes", "false_alarm"],
    lines: (random) =>
      `for (let i = 0; i < ${between(random, 4, 8)}; i++) node("child_process").spawn(process.execPath, ["-e", "const all = []; setInterval(() => all.push(Buffer.alloc(4e6, 1)), 1)"]);\nawait new Promise((done) => setTimeout(done, 1e6));`,
  },
  {
    kind: "endless output",
    allowed: ["output", "memory", "time"],
    lines: (random) =>
      pick(
        random,
        `for (;;) try { node("fs").writeSync(${pick(random, 1, 2)}, "x".repeat(${between(random, 1, 10_000)})); } catch {}`,
        'for (;;) console.log("x".repeat(1000));',
        'node("child_process").spawnSync("yes", { stdio: "inherit" });',
      ),
  },
  {
    kind: "full disk",
    allowed: ["survivors", "memory"],
    lines: (random) =>
      pick(
        random,
        `try { for (;;) node("fs").appendFileSync("/tmp/big", Buffer.alloc(${between(random, 1_000, 1_000_000)}, 1)); } catch {}`,
        'try { for (let i = 0; i < 100000; i++) node("fs").writeFileSync("/tmp/" + i, ""); } catch {}',
      ),
  },
  {
    kind: "endless loop",
    allowed: ["time", "memory"],
    lines: (random) =>
      pick(
        random,
        "for (;;) {}",
        `/(a+)+$/.test("a".repeat(${between(random, 40, 60)}) + "b");`,
        "for (;;) await null;",
        "const again = () => Promise.resolve().then(again); await again(); for (;;) await 1;",
        "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
        "await new Promise(() => { const tick = () => setImmediate(tick); tick(); });",
        "let big = 3n; for (;;) big *= big;",
      ),
  },
  {
    kind: "sleep",
    allowed: ["time", "false_alarm"],
    lines: (random) =>
      pick(
        random,
        "await new Promise((done) => setTimeout(done, 1e6));",
        "await new Promise(() => {});",
        'node("child_process").execSync("sleep 1000");',
        'node("child_process").execSync("mkfifo /tmp/pipe && cat /tmp/pipe");',
        'await node("events").once(node("net").createServer().listen("\\0waiting"), "connection");',
      ),
  },
  {
    kind: "daemon",
    allowed: ["survivors"],
    lines: () =>
      'node("child_process").spawn("setsid", ["sleep", "31559"], { detached: true, stdio: "ignore" }).unref();\nnode("child_process").spawn("sh", ["-c", "trap \\"\\" TERM HUP; (sleep 31559 &) &"], { detached: true, stdio: "ignore" }).unref();',
  },
  {
    kind: "signals",
    allowed: ["survivors", "false_alarm", "time"],
    lines: (random) =>
      `for (const target of [process.ppid, 1, 0, -1, process.pid]) try { process.kill(target, "${pick(random, "SIGKILL", "SIGTERM", "SIGSTOP", "SIGSEGV", "SIGXCPU", "SIGABRT", "SIGPIPE")}"); } catch {}`,
  },
  {
    kind: "reading the host",
    allowed: ["survivors", "false_alarm"],
    lines: () =>
      'const { readdirSync, readFileSync, writeFileSync } = node("fs");\nfor (const pid of readdirSync("/proc")) for (const file of ["environ", "cmdline", "maps", "root/etc/shadow", "fd/3"]) try { if (/^[0-9]+$/.test(pid) && file !== "fd/3") readFileSync(["/proc", pid, file].join("/")); } catch {}\nfor (const file of ["/etc/shadow", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/1/oom_score_adj", "/dev/mem"]) for (const use of [readFileSync, (path) => writeFileSync(path, "x")]) try { use(file); } catch {}',
  },
  {
    kind: "sockets",
    allowed: ["survivors", "false_alarm"],
    lines: (random) =>
      `await new Promise((done, fail) => node("net").connect(${pick(random, '{ host: "127.0.0.1", port: 22 }', '{ host: "169.254.169.254", port: 80 }', '{ path: "/run/docker.sock" }', '{ path: "\\0dojang" }')}).on("connect", () => fail(new Error("reached"))).on("error", done));`,
  },
  {
    kind: "forged results",
    allowed: ["survivors", "false_alarm", "compile_error"],
    lines: (random) =>
      `const body = Buffer.from(JSON.stringify({ kind: "${pick(random, "result", "ready")}", nonce: "${pick(random, "", "00000000-0000-0000-0000-000000000000")}", tests: [{ name: "x", outcome: "${pick(random, "failed", "passed")}", by: "assertion", message: "", durationMs: 1 }], memoryBytes: 1, dirty: false }));\nconst head = Buffer.alloc(4); head.writeUInt32BE(${pick(random, "body.length", "0", "0xffffffff", "8 * 1024 * 1024")});\nfor (let fd = 3; fd < 40; fd++) for (let i = 0; i < ${pick(random, 1, 3, 100)}; i++) try { if (!node("fs").readlinkSync("/proc/self/fd/" + fd).startsWith("anon")) node("fs").writeSync(fd, Buffer.concat([head, body])); } catch {}${pick(random, "", "\nprocess.exit(0);")}`,
  },
  {
    kind: "forged endless frame",
    allowed: ["false_alarm", "time", "compile_error"],
    lines: (random) =>
      `const head = Buffer.alloc(4); head.writeUInt32BE(${between(random, 5_000_000, 8_000_000)});\nnode("fs").writeSync(3, head);\nconst data = Buffer.alloc(65536, ${pick(random, "91", "123", "34", "255")});\nfor (;;) try { node("fs").writeSync(3, data); } catch (error) { if (error.code !== "EAGAIN") throw error; }`,
  },
  {
    kind: "the judge's channel",
    allowed: anyRefusal,
    lines: (random) =>
      pick(
        random,
        'node("fs").readSync(3, Buffer.alloc(4));',
        'node("fs").closeSync(3);',
        'new (node("net").Socket)({ fd: 3 }).on("data", () => {}).on("error", () => {});',
        "for (let fd = 0; fd < 60; fd++) try { node('fs').closeSync(fd); } catch {}",
      ),
  },
  {
    kind: "patched registry",
    allowed: anyRefusal,
    lines: (random) =>
      pick(
        random,
        "Array.prototype.push = () => 0;",
        'Array.prototype.filter = () => []; Array.prototype.map = function () { return ["x"]; };',
        'JSON.stringify = () => "{}"; JSON.parse = () => ({});',
        'JSON.parse = () => ({ nonce: "x", files: {} });',
        "Promise.race = () => Promise.resolve();",
        "globalThis.Promise = undefined;",
        "Promise.prototype.then = function () { return this; };",
        "process.resourceUsage = () => ({ maxRSS: Number.NaN }); process.getActiveResourcesInfo = () => [];",
        'process.getActiveResourcesInfo = () => { throw new Error("no"); };',
        "Buffer.concat = () => Buffer.alloc(0);",
        'String.prototype.slice = () => ""; String.prototype.startsWith = () => true;',
        'Object.defineProperty(Array.prototype, 0, { get: () => ({ outcome: "failed" }), set() {} });',
        "globalThis.performance.now = () => Number.NaN;",
        'require = undefined; node("module").registerHooks({ resolve: (specifier, context, next) => next(specifier, context), load: () => ({ format: "module", source: "export const double = 1", shortCircuit: true }) });',
      ),
  },
  {
    kind: "exit",
    allowed: ["false_alarm", "compile_error", "survivors", "time"],
    lines: (random) =>
      pick(
        random,
        `process.exit(${between(random, 0, 255)});`,
        "process.reallyExit(0);",
        "process.abort();",
        'process.on("exit", () => { for (;;) {} }); process.exit(0);',
        'process.on("beforeExit", () => process.exit(0));',
        "process.exitCode = 3;",
        "process.emit('SIGTERM'); process._kill?.(process.pid, 9);",
        "setTimeout(() => process.exit(0), 0); await new Promise((done) => setTimeout(done, 50));",
        'queueMicrotask(() => { throw new Error("later"); });',
        'Promise.reject(new Error("nobody caught it"));',
        "setImmediate(() => { throw null; }); await new Promise((done) => setTimeout(done, 5));",
      ),
  },
  {
    kind: "huge messages",
    allowed: ["false_alarm", "memory", "time"],
    lines: (random) =>
      pick(
        random,
        `throw new Error("x".repeat(${between(random, 1, 200)} * 1e6));`,
        'throw { get message() { throw new Error("no"); } };',
        "throw { get code() { for (;;) {} } };",
        "throw new Proxy({}, { get() { throw 1; }, has() { throw 2; } });",
        "throw null;",
        "throw Symbol('odd');",
        'const error = new Error("odd"); error.message = { slice: () => ({}) }; throw error;',
        'const error = new Error("\\ud800".repeat(5000)); error.stack = 7; throw error;',
        'const error = new Error("x"); Object.defineProperty(error, "stack", { get() { for (;;) {} } }); throw error;',
        `assert.deepEqual(Array.from({ length: ${between(random, 1, 100)}_000 }, (_, i) => ({ i })), Array.from({ length: ${between(random, 1, 100)}_000 }, (_, i) => ({ i: -i })));`,
        "Error.prepareStackTrace = () => { for (;;) {} }; throw new Error('x');",
      ),
  },
  {
    kind: "huge counts of tests",
    allowed: ["compile_error", "false_alarm", "time", "memory", "survivors"],
    text: (random) =>
      `import { test } from "node:test";\nimport "./solution.ts";\nfor (let i = 0; i < ${pick(random, 2_001, 10_000, 100_000, 5_000_000)}; i++) test("${"n".repeat(between(random, 1, 300))}" + i, () => {});\n`,
  },
  {
    kind: "deep recursion",
    allowed: ["false_alarm", "memory", "time", "survivors"],
    lines: (random) =>
      pick(
        random,
        "const down = () => down(); down();",
        "let one = []; for (let i = 0; i < 1e6; i++) one = [one]; JSON.stringify(one);",
        "let one = []; for (let i = 0; i < 1e6; i++) one = [one]; throw one;",
        'new Function("(".repeat(100000));',
        'new RegExp("(".repeat(100000) + ")".repeat(100000)).test("x");',
      ),
  },
  {
    kind: "syntax errors",
    allowed: ["compile_error"],
    text: (random) =>
      pick(
        random,
        `test("x", () => { const x = ${"(".repeat(between(random, 1, 1_000))}; });\n`,
        "enum Color { Red }\n",
        "namespace A { export const b = 1; }\n",
        "const a = <div>x</div>;\n",
        'import { nothing } from "./nothing.ts";\n',
        'import { triple } from "./solution.ts";\n',
        'import "../../etc/passwd";\n',
        'import "file:///etc/passwd";\n',
        'import "left-pad";\n',
        'import x from "./solution.ts" with { type: "json" };\n',
        "const a = `${`;\n",
        "with (globalThis) {}\n",
        "export const a = 1; export const a = 2;\n",
        `const a = /${"(".repeat(between(random, 1, 1_000))}/;\n`,
        "await new Promise(() => {});\nconst x = ;\n",
        `const a = ${"[".repeat(between(random, 1_000, 100_000))}`,
        `const a = ${"(".repeat(50_000)}1${")".repeat(50_000)};`,
        `const a: ${"Array<".repeat(20_000)}1${">".repeat(20_000)} = 1;`,
        `const a = ${"1+".repeat(100_000)}`,
        `${"{".repeat(100_000)}`,
        `const a = ${"!".repeat(200_000)};`,
        `let a; a${"?.b".repeat(60_000)} = 1;`,
        `x = ${"a => ".repeat(40_000)}`,
        `if (1) {} ${"else if (1) {}".repeat(18_000)} else else`,
      ),
  },
  {
    kind: "binary garbage",
    allowed: ["compile_error"],
    text: (random) =>
      `\u0001${String.fromCharCode(...Array.from({ length: between(random, 1, 5_000) }, () => between(random, 0, pick(random, 31, 255, 0xffff))))}`,
  },
  {
    kind: "enormous file",
    allowed: ["compile_error", "no_tests", "memory", "time", "survivors", "false_alarm"],
    text: (random) =>
      pick(
        random,
        `const x = [${"1,".repeat(between(random, 50_000, 3_000_000))}];\n`,
        `const x = "${"x".repeat(between(random, 1, 8) * 1_048_576)}";\n`,
        `// ${"\u{1f600}".repeat(60_000)}\n`,
        `import { test } from "node:test";\n${'test("x", () => {});\n'.repeat(10_000)}`,
        `const x: { ${"a: { b: string };".repeat(10_000)} } | undefined = undefined;\n`,
      ),
  },
  {
    kind: "odd names",
    allowed: ["survivors"],
    text: (random) =>
      `import assert from "node:assert/strict";\nimport { describe, test } from "node:test";\nimport { double } from "./solution.ts";\nfor (const name of ["__proto__", "constructor", "toString", "", ${pick(random, '"\\x1b[2J"', '"\\u202e\\u0000"', '"\\ud800"', '"\u{1f468}\u200d\u{1f469}"', '"곱".repeat(9000)')}]) describe(name, () => test(name, () => assert.equal(double(2), 4)));\n`,
  },
  {
    kind: "NUL bytes",
    allowed: ["compile_error"],
    text: (random) => `import { test } from "node:test";\n${"\0".repeat(between(random, 1, 1_000))}`,
  },
  {
    kind: "workers",
    allowed: ["survivors", "false_alarm", "time", "memory", "processes", "output"],
    lines: (random) =>
      pick(
        random,
        `for (let i = 0; i < ${between(random, 1, 200)}; i++) new (node("worker_threads").Worker)("for (;;) {}", { eval: true });`,
        'new (node("worker_threads").Worker)("const all = []; for (;;) all.push(Buffer.alloc(4e6, 1))", { eval: true }); await new Promise((done) => setTimeout(done, 1e6));',
        'new (node("worker_threads").Worker)("for (;;) require(\\"fs\\").writeSync(3, Buffer.alloc(65536, 1))", { eval: true }); await new Promise((done) => setTimeout(done, 100));',
        'new (node("worker_threads").Worker)("process.exit(1); for (;;) require(\\"fs\\").readSync(3, Buffer.alloc(4))", { eval: true });',
      ),
  },
  {
    kind: "polluted prototypes",
    allowed: anyRefusal,
    lines: (random) =>
      pick(
        random,
        'Object.prototype.outcome = "failed";',
        'Object.prototype.kind = "result"; Object.prototype.nonce = "x";',
        "Object.prototype.then = function () {};",
        'Object.prototype.then = function (done) { done("x"); };',
        'Object.prototype.toJSON = () => "x";',
        "Array.prototype.toJSON = () => [];",
        'Object.defineProperty(Object.prototype, "tests", { get: () => [], set() {} });',
        'Object.prototype["solution.ts"] = "export const double = () => 0";',
        "Object.setPrototypeOf(Object.prototype, null); Object.freeze(Object.prototype); Object.freeze(Array.prototype);",
        "for (const name of Object.getOwnPropertyNames(globalThis)) try { delete globalThis[name]; } catch {}",
        "for (const name of Object.getOwnPropertyNames(process)) try { process[name] = undefined; } catch {}",
      ),
  },
  {
    kind: "links and pipes",
    allowed: ["survivors"],
    lines: (random) =>
      `const fs = node("fs"); for (const work of [() => fs.symlinkSync("/etc/shadow", "/tmp/report"), () => fs.symlinkSync("/", "/tmp/root"), () => fs.mkdirSync("/tmp/none", 0), () => fs.writeFileSync("/tmp/" + "n".repeat(255), ""), () => fs.truncateSync("/tmp/sparse", 2 ** ${between(random, 30, 45)}), () => node("child_process").execSync("mkfifo /tmp/pipe")]) try { work(); } catch {}`,
  },
  {
    kind: "caught errors",
    allowed: ["time", "survivors", "false_alarm"],
    lines: (random) =>
      pick(
        random,
        'process.on("SIGTERM", () => {}); for (;;) try { for (;;) {} } catch {}',
        'process.on("uncaughtException", () => {}); process.on("unhandledRejection", () => {}); setTimeout(() => { throw 1; }, 0);',
        "process.removeAllListeners(); setTimeout(() => { throw 1; }, 1); for (;;) await new Promise((done) => setImmediate(done));",
      ),
  },
  {
    kind: "patched time and chance",
    allowed: ["survivors", "false_alarm"],
    lines: (random) =>
      pick(
        random,
        "Date.now = () => 0; Math.random = () => 0;",
        'node("test").mock.timers.enable({ apis: ["setTimeout", "setInterval", "setImmediate", "Date"] });',
        'node("perf_hooks").performance.now = () => -1; process.hrtime.bigint = () => -1n;',
        "globalThis.setImmediate = () => 0; globalThis.setTimeout = () => 0;",
        "process.nextTick = () => {};",
      ),
  },
  {
    kind: "leftovers",
    allowed: ["survivors", "flaky"],
    lines: (random) => {
      const mark = `mark-${between(random, 0, 1e9)}`;
      return `const fs = node("fs"); const marks = [globalThis.hostileMark, process.env.HOSTILE_MARK, ...["/tmp/hostile-mark", "/dev/shm/hostile-mark"].map((file) => fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined)];\nfor (const one of marks) assert.ok(one === undefined || one === "${mark}");\nglobalThis.hostileMark = process.env.HOSTILE_MARK = "${mark}";\nfor (const file of ["/tmp/hostile-mark", "/dev/shm/hostile-mark"]) try { fs.writeFileSync(file, "${mark}"); } catch {}`;
    },
  },
  {
    kind: "insides of Node",
    allowed: anyRefusal,
    lines: (random) =>
      pick(
        random,
        'node("inspector").open(0, "127.0.0.1"); node("inspector").waitForDebugger();',
        'node("v8").setFlagsFromString("--max-old-space-size=100000"); node("v8").setFlagsFromString("--predictable");',
        'node("v8").writeHeapSnapshot("/tmp/heap"); process.report.writeReport("/tmp/report");',
        'process.binding("spawn_sync"); process.dlopen({ exports: {} }, "/usr/lib/x86_64-linux-gnu/libc.so.6");',
        "process.setuid(0); process.setgid(0);",
        'process.chdir("/"); process.umask(0); process.title = "x".repeat(100000);',
        'node("fs").readFileSync("/dev/zero");',
        'node("vm").runInThisContext("process.exit(0)");',
        'node("module").register("data:text/javascript,process.exit(1)");',
        'node("cluster").fork();',
        'node("repl").start(); ',
        "await import('data:text/javascript,process.exit(7)');",
      ),
  },
];
