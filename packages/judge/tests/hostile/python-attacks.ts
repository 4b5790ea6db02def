import { type Attack, anyRefusal, between, pick } from "./attack.ts";

/** What submissions in Python do to the judge, to its machine and to their own results. */
export const pythonAttacks: readonly Attack[] = [
  {
    kind: "fork bomb",
    allowed: ["time", "processes", "memory", "output"],
    lines: (random) =>
      pick(
        random,
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "import subprocess\nall = []\nwhile True:\n    try: all.append(subprocess.Popen(['sleep', '100']))\n    except OSError: pass",
        "import os, time\nfor _ in range(2000):\n    try:\n        if os.fork() == 0: time.sleep(100)\n    except OSError: pass\ntime.sleep(100)",
      ),
  },
  {
    kind: "memory",
    allowed: ["memory", "time", "false_alarm"],
    lines: (random) =>
      pick(
        random,
        `all = []\nwhile True: all.append(bytearray(b"x" * ${between(random, 1, 32) * 131_072}))`,
        `text = "x" * ${between(random, 1_000, 100_000)}\nwhile True: text += text`,
        `deep = []\nwhile True: deep = [deep, [0] * ${between(random, 100, 100_000)}]`,
        "block = bytearray(1 << 40)",
        "import mmap\nblock = mmap.mmap(-1, 1 << 29)\nfor at in range(0, 1 << 29, 4096): block[at] = 1",
      ),
  },
  {
    kind: "memory of children",
    allowed: ["memory", "time", "processes"],
    lines: (random) =>
      `import os, time\nfor _ in range(${between(random, 6, 10)}):\n    if os.fork() == 0:\n        block = bytearray(b"x" * ${between(random, 30, 60) * 1_048_576})\n        time.sleep(30)\n        os._exit(0)\ntime.sleep(30)`,
  },
  {
    kind: "endless output",
    allowed: ["output"],
    lines: (random) =>
      pick(
        random,
        `while True: print("x" * ${between(random, 1, 10_000)})`,
        "import os\nwhile True: os.write(2, bytes(range(256)) * 64)",
        "import subprocess\nsubprocess.run(['yes'])",
        "import sys\nwhile True: sys.__stderr__.write('\\U0001f600' * 5000)",
      ),
  },
  {
    kind: "full disk",
    allowed: ["survivors", "memory", "false_alarm"],
    lines: (random) =>
      pick(
        random,
        `for place in ("/tmp/a", "/dev/shm/a"):\n    try:\n        with open(place, "wb") as file:\n            while True: file.write(b"x" * ${between(random, 1_000, 1_000_000)})\n    except OSError: pass`,
        "try:\n    for number in range(100000): open('/tmp/%d' % number, 'w').close()\nexcept OSError: pass",
        "import os\ntry:\n    for number in range(100000): os.mkdir('/tmp/d'); os.chdir('/tmp/d')\nexcept OSError: pass",
      ),
  },
  {
    kind: "endless loop",
    allowed: ["time"],
    lines: (random) =>
      pick(
        random,
        "while True: pass",
        `import re\nre.match("(a+)+$", "a" * ${between(random, 40, 60)} + "b")`,
        "sum(range(10 ** 14))",
        "import itertools\nfor _ in itertools.count(): pass",
        "10 ** 10 ** 8 % 7",
      ),
  },
  {
    kind: "sleep",
    allowed: ["time"],
    lines: (random) =>
      pick(
        random,
        "import time\ntime.sleep(1e6)",
        "import threading\nthreading.Event().wait()",
        "import signal\nsignal.pause()",
        "import select\nselect.select([], [], [])",
        "import os\nos.mkfifo('/tmp/pipe')\nopen('/tmp/pipe').read()",
        "import asyncio\nasyncio.run(asyncio.Event().wait())",
      ),
  },
  {
    kind: "daemon",
    allowed: ["survivors"],
    lines: (random) =>
      pick(
        random,
        'import subprocess\nsubprocess.Popen(["setsid", "sleep", "31558"])\nsubprocess.Popen(["sleep", "31558"], start_new_session=True)',
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() != 0: os._exit(0)\n    os.closerange(0, 256)\n    while True: time.sleep(1)",
        "import os, time\nif os.fork() == 0:\n    while True: time.sleep(1)",
      ),
  },
  {
    kind: "signals",
    allowed: ["survivors", "false_alarm", "time"],
    lines: (random) =>
      `import os, signal\nfor target in (os.getppid(), 1, -1, 0, 2, ${between(random, 3, 5_000)}):\n    try: os.kill(target, signal.${pick(random, "SIGKILL", "SIGTERM", "SIGSTOP", "SIGSEGV", "SIGXCPU", "SIGHUP")})\n    except OSError: pass`,
  },
  {
    kind: "reading the host",
    allowed: ["survivors"],
    lines: () =>
      "import glob\nfor path in glob.glob('/proc/[0-9]*/*') + glob.glob('/proc/sys/kernel/*') + ['/etc/shadow', '/proc/kcore', '/proc/1/mem', '/proc/sysrq-trigger', '/sys/kernel/debug', '/dev/sda', '/dev/mem']:\n    for mode in ('rb', 'r+b'):\n        try: open(path, mode).read(1000)\n        except (OSError, ValueError): pass",
  },
  {
    kind: "sockets",
    allowed: ["survivors"],
    lines: (random) =>
      `import socket\nfor family in range(45):\n    for kind in (1, 2, 3):\n        try:\n            one = socket.socket(family, kind)\n            one.settimeout(0.01)\n            one.connect(${pick(random, "('127.0.0.1', 22)", "('169.254.169.254', 80)", "'\\0dojang'", "'/run/docker.sock'", "('203.0.113.7', 443)")})\n            if kind == 1: raise AssertionError("reached")\n        except (OSError, TypeError, ValueError, OverflowError): pass`,
  },
  {
    kind: "abstract sockets",
    allowed: ["survivors"],
    lines: (random) =>
      `import socket\nfor number in range(${between(random, 1, 200)}):\n    one = socket.socket(socket.AF_UNIX)\n    one.bind("\\0dojang-hostile-%d" % number)\n    one.listen()\n    one.close()`,
  },
  {
    kind: "forged results",
    allowed: ["survivors", "false_alarm"],
    lines: (random) =>
      `import json, os, struct\nreport = json.dumps({"tests": [{"name": "x", "outcome": "${pick(random, "passed", "failed")}", "durationMs": 0}], "unloadable": None})\nbody = json.dumps({"kind": "result", "nonce": "${between(random, 0, 1e9)}", "end": "ended", "signal": 0, "exit": 0, "report": report, "output": "", "wallMs": 1, "waitedMs": 0, "usedMs": 0, "memoryBytes": 1}).encode()\nfor descriptor in range(${pick(random, 3, 4)}, 256):\n    for data in (report.encode(), struct.pack(">I", len(body)) + body, b"\\xff" * ${between(random, 1, 4_000)}):\n        try: os.write(descriptor, data)\n        except OSError: pass${pick(random, "", "\nos._exit(0)", "\nos.close(3)")}`,
  },
  {
    kind: "patched pytest",
    allowed: anyRefusal,
    lines: (random) =>
      pick(
        random,
        "import _pytest.reports\n_pytest.reports.TestReport.failed = property(lambda self: True)",
        "import _pytest.reports\n_pytest.reports.TestReport.failed = property(lambda self: double(3) != 6)",
        "import _pytest.runner\n_pytest.runner.call_runtest_hook = lambda *args, **more: None",
        "import gc\nfor one in gc.get_objects():\n    if type(one).__name__ == 'Recorder': one.tests = {'x': {'name': 'x', 'outcome': 'failed', 'durationMs': -1}}",
        "import gc\nfor one in gc.get_objects():\n    if type(one).__name__ == 'Recorder': one.tests = None",
        "import gc\nfor one in gc.get_objects():\n    if type(one).__name__ == 'Session': one.shouldstop = 'enough'; one.testsfailed = -1",
        "import json, os\njson.dumps = lambda *args: '{}'\nos.write = lambda *args: 0\nos._exit = lambda code: None",
        "import sys\nfor name in list(sys.modules):\n    if 'pytest' in name or 'judge' in name: del sys.modules[name]",
        "import sys\nfor name, module in list(sys.modules.items()):\n    if name.startswith('judge_runner'): vars(module).clear()",
      ),
  },
  {
    kind: "exit",
    allowed: ["false_alarm", "compile_error", "no_tests", "survivors"],
    lines: (random) =>
      pick(
        random,
        `import os\nos._exit(${between(random, 0, 255)})`,
        `import sys\nsys.exit(${pick(random, "0", "1", "'bye'", "None", "[]")})`,
        "raise SystemExit",
        "raise KeyboardInterrupt",
        "raise GeneratorExit",
        "import pytest\npytest.exit('enough')",
        "import pytest\npytest.skip('all', allow_module_level=True)",
        "import os\nos.abort()",
        "import ctypes\nctypes.string_at(0)",
        "import os\nos.execv('/bin/true', ['true'])",
        "import atexit, os\natexit.register(os._exit, 3)",
        "import sys\nsys.settrace(lambda *rest: 1 / 0)",
      ),
  },
  {
    kind: "huge messages",
    allowed: ["false_alarm", "memory", "time", "output"],
    lines: (random) =>
      pick(
        random,
        `raise AssertionError("x" * ${between(random, 1, 60)}_000_000)`,
        "class Odd(Exception):\n    def __str__(self): raise ValueError\n    __repr__ = __str__\nraise Odd",
        "class Odd(Exception):\n    def __str__(self): return chr(0xd800) * 100\nraise Odd",
        "class Odd(Exception):\n    def __str__(self):\n        while True: pass\nraise Odd",
        "class Odd(Exception):\n    def __str__(self): return 7\nraise Odd",
        `assert list(range(${between(random, 10, 200)}_000)) == list(range(1, ${between(random, 10, 200)}_000))`,
        "assert {'a' * 100_000: 'b' * 100_000} == {'\\x00' * 100_000: '\\x1b' * 100_000}",
        "raise type('\\x1b[2J' * 1000, (Exception,), {})('\\x00' * 5000)",
      ),
  },
  {
    kind: "huge counts of tests",
    allowed: ["compile_error", "false_alarm", "time", "memory", "output", "survivors"],
    text: (random) =>
      `import pytest\nfrom solution import double\n@pytest.mark.parametrize("x", range(${pick(random, 2_001, 5_000, 20_000, 1_000_000)}))\ndef test_${"n".repeat(between(random, 1, 200))}(x): assert double(2) == 4\n`,
  },
  {
    kind: "deep recursion",
    allowed: ["false_alarm", "memory", "time"],
    lines: (random) =>
      pick(
        random,
        "def down(): down()\ndown()",
        "import sys\nsys.setrecursionlimit(10 ** 9)\ndef down(): down()\ndown()",
        "one = []\nfor _ in range(10 ** 6): one = [one]\nrepr(one)",
        "import sys\nsys.setrecursionlimit(10 ** 9)\nclass Odd:\n    def __repr__(self): return repr(self)\nrepr(Odd())",
        `import ast\nast.parse("(" * ${between(random, 1, 20)}_000)`,
      ),
  },
  {
    kind: "syntax errors",
    allowed: ["compile_error"],
    text: (random) =>
      pick(
        random,
        `def test_it(${"(".repeat(between(random, 1, 1_000))}:\n`,
        "from __future__ import braces\n",
        "return 1\n",
        "\tdef test_it():\n  pass\n",
        "# -*- coding: nonsense -*-\ndef test_it(: pass\n",
        `x = ${"[".repeat(between(random, 200, 100_000))}\n`,
        `def test_it():\n    assert ${"not ".repeat(between(random, 10_000, 50_000))}\n`,
        "match 1:\n    case _ | _: pass\n",
        `x = ${"-".repeat(200_000)}1`,
        `x = ${"9".repeat(between(random, 5_000, 50_000))}`,
        `${Array.from({ length: 120 }, (_, depth) => `${" ".repeat(depth)}if 1:\n`).join("")}${" ".repeat(120)}pass\n`,
      ),
  },
  {
    kind: "binary garbage",
    allowed: ["compile_error"],
    text: (random) =>
      `${String.fromCharCode(...Array.from({ length: between(random, 1, 5_000) }, () => between(random, 0, pick(random, 31, 255, 0xffff))))}\0`,
  },
  {
    kind: "enormous file",
    allowed: ["compile_error", "no_tests", "memory", "time", "survivors"],
    text: (random) =>
      pick(
        random,
        `x = [${"1,".repeat(between(random, 100_000, 3_000_000))}]\n`,
        `x = "${"x".repeat(between(random, 1, 8) * 1_048_576)}"\n`,
        `# ${"\u{1f600}".repeat(100_000)}\n`,
        "def test_a(): pass\n".repeat(12_000),
        `def test_it(): assert ${"double(2) == 4 and ".repeat(12_000)} True\n`,
      ),
  },
  {
    kind: "odd names",
    allowed: ["survivors", "false_alarm"],
    text: (random) =>
      `import pytest\nfrom solution import double\nclass Test시험:\n    @pytest.mark.parametrize("값", [${pick(random, '"\\x1b[2J"', '"\\u202e\\u0000"', '"../../etc"', '"\\ud800"', '"\u{1f468}\u200d\u{1f469}"', 'b"\\xff\\x00"')}, "__proto__", "constructor"])\n    def test_${"곱".repeat(between(random, 1, 60))}(self, 값): assert double(2) == 4\n`,
  },
  { kind: "NUL bytes", allowed: ["compile_error"], text: (random) => `def test_it(): pass\n${"\0".repeat(between(random, 1, 1_000))}` },
  {
    kind: "threads",
    allowed: ["survivors", "false_alarm", "time", "processes"],
    lines: (random) =>
      pick(
        random,
        `import threading, time\nfor _ in range(${between(random, 10, 2_000)}):\n    threading.Thread(target=time.sleep, args=(100,), daemon=${pick(random, "True", "False")}).start()`,
        "import threading\ndef again():\n    while True: threading.Thread(target=again).start()\nagain()",
        "import multiprocessing\nwith multiprocessing.Pool(4) as pool: pool.map(len, ['x'])",
      ),
  },
  {
    kind: "patched builtins",
    allowed: anyRefusal,
    lines: (random) =>
      pick(
        random,
        "import builtins\nbuiltins.len = lambda one: 0",
        "import builtins\nbuiltins.AssertionError = ZeroDivisionError",
        "import builtins\nbuiltins.__import__ = None",
        "import builtins\nbuiltins.isinstance = lambda *rest: True",
        "import builtins\nfor name in dir(builtins):\n    if name not in ('delattr',): delattr(builtins, name)",
        "import sys\nsys.stdout = sys.stderr = None",
        "import sys\nsys.modules.clear()",
        "import os\nos.closerange(0, 256)",
        "import gc\nfor one in gc.get_objects():\n    if type(one) is dict: one.clear()",
      ),
  },
  {
    kind: "links and pipes",
    allowed: ["survivors"],
    lines: (random) =>
      `import os\nos.symlink("/etc/shadow", "/tmp/report")\nos.mkfifo("/tmp/pipe")\nos.symlink("/", "/tmp/root")\nos.symlink("self", "/tmp/self")\nos.mkdir("/tmp/none", 0)\nopen("/tmp/" + "n" * 255, "w").close()\ntry: os.truncate(os.open("/tmp/sparse", os.O_CREAT | os.O_RDWR), 1 << ${between(random, 30, 45)})\nexcept OSError: pass`,
  },
  {
    kind: "caught interrupts",
    allowed: ["time", "output"],
    lines: (random) =>
      pick(
        random,
        "import time\nwhile True:\n    try: time.sleep(1)\n    except BaseException: pass",
        "import signal\nfor number in range(1, 65):\n    try: signal.signal(number, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: pass",
        "while True:\n    try:\n        while True: pass\n    finally: continue",
      ),
  },
  {
    kind: "patched time and chance",
    allowed: ["survivors", "false_alarm"],
    lines: (random) =>
      pick(
        random,
        "import time\ntime.time = time.monotonic = time.perf_counter = lambda: 0",
        "import time\ntime.perf_counter = lambda: -1e300",
        "import time\nfrom _pytest import timing\ntiming.perf_counter = lambda: float('nan')\ntiming.time = lambda: float('inf')",
        "import random\nrandom.seed(0)\nrandom.Random.shuffle = None",
        "import os\nos.environ.clear()\nos.environ['PYTHONPATH'] = '/tmp'",
      ),
  },
  {
    kind: "leftovers",
    allowed: ["survivors"],
    lines: (random) =>
      `import builtins, ctypes, os, sys\nassert not hasattr(builtins, "hostile_mark") and "hostile_mark" not in sys.modules and "HOSTILE_MARK" not in os.environ\nbuiltins.hostile_mark = 1; sys.modules["hostile_mark"] = sys; os.environ["HOSTILE_MARK"] = "1"\nfor folder in ("/tmp", "/dev/shm", "/work", "/runner", "/var/tmp"):\n    assert not os.path.exists(folder + "/hostile-mark")\n    try: open(folder + "/hostile-mark", "w").close()\n    except OSError: pass\nlibc = ctypes.CDLL(None)\nassert libc.shmget(4242, 4096, 0) == -1\nlibc.shmget(4242, ${between(random, 1, 64) * 4_096}, 0o1666)`,
  },
  {
    kind: "calls of the kernel",
    allowed: ["survivors"],
    lines: () =>
      "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nfor call in ((272, 0x10000000), (272, 0x20000), (101, 0, 0, 0, 0), (165, 0, 0, 0, 0, 0), (166, 0, 0), (425, 1, 0), (250, 0, 0), (321, 0, 0, 0), (323, 0), (308, 0, 0), (310, 1, 0, 0, 0, 0, 0), (161, b'/tmp'), (155, b'/', b'/tmp'), (169, 0xfee1dead, 672274793, 0x1234567), (175, 0, 0, b'')):\n    assert libc.syscall(*call) == -1, call",
  },
  {
    kind: "the session of pytest",
    allowed: anyRefusal,
    text: (random) =>
      `import pytest\nfrom solution import double\n@pytest.fixture(autouse=True)\ndef reach(request):\n    ${pick(
        random,
        "request.session.shouldstop = 'enough'",
        "request.session.items.clear()",
        "request.session.testsfailed = -1",
        "request.session._fixturemanager = None",
        "request.config.hook.pytest_runtest_logreport = None",
        "request.config.pluginmanager.unregister(next(one for one in request.config.pluginmanager.get_plugins() if type(one).__name__ == 'Recorder'))",
        "request.node.name = None",
        "request.node._nodeid = '\\x00' * 100000",
      )}\n    yield\n    ${pick(random, "pass", "raise ValueError", "yield")}\ndef test_it(): assert double(2) == 4\ndef test_again(): assert double(2) == 4\n`,
  },
];
