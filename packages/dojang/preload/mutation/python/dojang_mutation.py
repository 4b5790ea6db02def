"""Runs mutants of a Python project against its pytest tests: `python dojang_mutation.py`, the order as JSON on stdin.

This process imports pytest and what the project imports of others, never the project itself. Each run of tests is a fork of
it: the first with a trace of the lines that mutants stand in, which tells the tests of each; then one per mutant, which has
the mutant instead of the file and stops at the first failure. So no run knows of another, and no file is changed.

What is found is told line by line as JSON on the standard output, which tests cannot reach: a run that is killed half way
has told the half.
"""

import importlib
import importlib.util
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from dojang_mutants import choose, mutants_of  # noqa: E402
from dojang_patch import LineTrace, install  # noqa: E402

LONGEST_LINES = 20
LONGEST_TEXT = 300
MOST_TESTS = 20


def main():
    order = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def tell(kind, **rest):
        out.write(json.dumps(dict(rest, kind=kind)) + "\n")
        out.flush()

    session = Session(order, tell, out.fileno())
    try:
        session.run()
    except Failure as failure:
        tell("failed", code=failure.code, message=failure.message, details=failure.details)
    finally:
        shutil.rmtree(session.folder, ignore_errors=True)


class Failure(Exception):
    def __init__(self, code, message, details=()):
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = list(details)[:MOST_TESTS]


class Session:
    def __init__(self, order, tell, told_by):
        self.order = order
        self.tell = tell
        self.told_by = told_by
        self.deadline = time.monotonic() + order["withinMs"] / 1000
        self.folder = tempfile.mkdtemp(prefix="dojang-mutation-")
        root = os.getcwd()
        in_source = any(target["file"].startswith("src/") for target in order["targets"])
        # Before a copy of the project that may be installed: what is changed must be what is imported.
        self.paths = [root, os.path.join(root, "src")] if in_source else [root]

    def run(self):
        if pytest is None:
            raise Failure("pytest-missing", "pytest is not installed for %s" % sys.executable)
        self.tell("started", engine="pytest %s" % pytest.__version__, runner="Python %d.%d.%d" % sys.version_info[:3])
        mutants = self.find()
        chosen = choose(mutants, self.order["atMost"])
        self.tell("planned", found=len(mutants), chosen=len(chosen))
        if not chosen:
            self.tell("done", stopped=False)
            return
        baseline = self.baseline(chosen)
        self.warm(baseline["modules"])
        stopped = False
        for mutant in chosen:
            if time.monotonic() >= self.deadline:
                stopped = True
                break
            told = self.attempt(mutant, baseline)
            if told is None:
                stopped = True
                break
            self.tell("mutant", **told)
        self.tell("done", stopped=stopped)

    def find(self):
        found = []
        for target in self.order["targets"]:
            with open(target["file"], "rb") as file:
                data = file.read()
            try:
                source = data.decode("utf-8-sig").replace("\r\n", "\n")
                lines = target.get("lines") or range(1, source.count("\n") + 2)
                found.extend(mutants_of(target["file"], source, lines))
            except (SyntaxError, UnicodeDecodeError) as error:
                raise Failure("source-unreadable", "%s cannot be read as Python: %s" % (target["file"], error))
        return found

    # The first run, of all tests as they are.

    def baseline(self, mutants):
        lines = {}
        for mutant in mutants:
            lines.setdefault(mutant.file, set()).update(mutant.ran_by)
        traced = os.path.join(self.folder, "trace")
        os.mkdir(traced)
        with open(os.path.join(traced, "lines.json"), "w", encoding="utf-8") as file:
            json.dump({os.path.realpath(name): sorted(numbers) for name, numbers in lines.items()}, file)
        started = time.monotonic()
        environment = {"DOJANG_MUTATION_TRACE": traced}
        seen = self.fork(lambda tell: run_pytest(self.arguments([]), Baseline(tell, lines)), self.deadline - started, environment)
        took = time.monotonic() - started
        tests = {event["id"]: event for event in seen.events if event["kind"] == "test"}
        red = [event for event in tests.values() if event["failed"]]
        ended = next((event for event in seen.events if event["kind"] == "ended"), None)
        if seen.hung:
            running = [event["id"] for event in seen.events if event["kind"] == "begun" and event["id"] not in tests]
            details = ["it was in %s" % running[-1]] if running else []
            raise Failure("tests-hang", "the tests as they are did not end within %d s" % took, details)
        if red:
            raise Failure("tests-red", "%d of %d tests fail before anything is broken" % (len(red), len(tests)), [event["id"] for event in red])
        if ended is None or ended["code"] not in (0, 5):
            how = "signal %d" % seen.signal if seen.signal else "code %s" % (ended["code"] if ended else seen.code)
            raise Failure("tests-red", "pytest ended with %s before anything is broken" % how, seen.output[-12:])
        if not tests:
            raise Failure("no-tests", "pytest found no test", seen.output[-12:])
        hits = {}
        for test, places in ended["hits"].items():
            for file, line in places:
                hits.setdefault((file, line), set()).add(test)
        for name in os.listdir(traced):
            if not name.startswith("child-"):
                continue
            try:
                with open(os.path.join(traced, name), encoding="utf-8") as file:
                    for test, places in json.load(file).items():
                        for path, line in places:
                            hits.setdefault((path, line), set()).add(test)
            except ValueError:
                pass  # A program that was killed while it told.
        spent = sum(event["seconds"] for event in tests.values())
        self.tell("baseline", tests=len(tests), durationMs=took * 1000)
        return {"tests": tests, "hits": hits, "overhead": max(0.0, took - spent), "modules": ended["modules"]}

    def warm(self, modules):
        """Imports what the project takes of others, when a fork that tried it came back with one thread and in its senses."""

        def attempt(tell):
            import_all(modules)
            tell(kind="warm", threads=thread_count())
            return 0

        seen = self.fork(attempt, min(60, max(1, self.deadline - time.monotonic())), {})
        if any(event["kind"] == "warm" and event["threads"] == 1 for event in seen.events) and seen.code == 0:
            import_all(modules)

    # One mutant.

    def attempt(self, mutant, baseline):
        file = os.path.realpath(mutant.file)
        covering = set()
        for line in mutant.ran_by:
            covering |= baseline["hits"].get((file, line), set())
        # What runs while modules are imported belongs to every test.
        every = "" in covering
        tests = [test for test in baseline["tests"] if every or test in covering]
        told = {
            "file": mutant.file,
            "line": mutant.line,
            "column": mutant.column,
            "operator": mutant.operator,
            "before": shown(mutant.before),
            "after": shown(mutant.after),
            "tests": [] if every else tests[:MOST_TESTS],
            "testCount": len(tests),
        }
        if not tests:
            return dict(told, status="no-coverage", durationMs=0)
        spent = sum(baseline["tests"][test]["seconds"] for test in tests)
        limit = max(self.order.get("leastTimeoutMs", 5000) / 1000, 3 * (baseline["overhead"] + spent))
        left = self.deadline - time.monotonic()
        path = os.path.join(self.folder, "mutant.json")
        with open(path, "w", encoding="utf-8") as written:
            json.dump({"file": file, "source": mutant.source}, written)

        def run(tell):
            install(file, mutant.source)
            paths = sorted({baseline["tests"][test]["path"] for test in tests})
            return run_pytest(self.arguments(paths) + ["-x"], Selected(tell, set(tests)))

        started = time.monotonic()
        seen = self.fork(run, min(limit, left), {"DOJANG_MUTANT": path})
        took = (time.monotonic() - started) * 1000
        if seen.hung and left < limit:
            return None
        return dict(told, durationMs=took, **verdict(seen))

    def arguments(self, paths):
        """As the project has it, but for what would start other processes, shuffle, measure coverage or leave files."""
        found = [*self.order["arguments"], *(["-c", self.order["config"]] if self.order.get("config") else [])]
        found += ["-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
        if importlib.util.find_spec("xdist"):
            found += ["-n", "0"]
        if importlib.util.find_spec("pytest_cov"):
            found += ["--no-cov"]
        return found + (paths or self.order["tests"])

    def python_path(self):
        """Of the programs that tests start."""
        own = [os.path.join(HERE, "site"), HERE, *self.paths[1:]]
        return os.pathsep.join([*own, *(part for part in [os.environ.get("PYTHONPATH")] if part)])

    # Forks.

    def fork(self, work, limit, environment):
        """Runs `work` in a child that leads a group of its own, and waits for it at most `limit` seconds."""
        reading, writing = os.pipe()
        printed = os.path.join(self.folder, "output")
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            code = 70
            try:
                os.setsid()
                os.close(reading)
                os.close(self.told_by)
                said = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                os.dup2(said, 1)
                os.dup2(said, 2)
                os.environ.update(environment, DOJANG_MUTATION_MAIN=str(os.getpid()), PYTHONPATH=self.python_path())
                sys.path[:] = [*self.paths, *(path for path in sys.path if path != HERE)]
                pipe = os.fdopen(writing, "w", encoding="utf-8")

                def tell(**event):
                    pipe.write(json.dumps(event) + "\n")
                    pipe.flush()

                code = int(work(tell))
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 1
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        os.close(writing)
        return Seen(pid, reading, max(0.1, limit), printed)


class Seen:
    """A child until its end: what it told, how it ended, the last it printed. Its whole group is ended with it."""

    def __init__(self, pid, reading, limit, printed):
        self.events = []
        self.hung = False
        os.set_blocking(reading, False)
        until = time.monotonic() + limit
        data = bytearray()
        ended = 0
        while not ended:
            left = until - time.monotonic()
            if left <= 0:
                self.hung = True
                break
            # A program that a test left behind may hold the pipe open: the child's own end counts.
            if select.select([reading], [], [], min(left, 0.02))[0] and not drain(reading, data):
                time.sleep(0.002)
            ended, status = os.waitpid(pid, os.WNOHANG)
        kill_group(pid)
        if not ended:
            _, status = os.waitpid(pid, 0)
        drain(reading, data)
        os.close(reading)
        self.signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        self.code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        for line in data.decode("utf-8", "replace").split("\n"):
            try:
                self.events.append(json.loads(line))
            except ValueError:
                pass
        try:
            with open(printed, "rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - 20000))
                self.output = [line for line in file.read().decode("utf-8", "replace").split("\n") if line.strip()]
        except OSError:
            self.output = []


def drain(reading, data):
    """Reads what is there. False at the end of the pipe."""
    while True:
        try:
            part = os.read(reading, 65536)
        except BlockingIOError:
            return True
        if not part:
            return False
        data += part


def kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def verdict(seen):
    """A run that dies is one that somebody notices; one that ends early and says nothing is nobody's."""
    failed = next((event for event in seen.events if event["kind"] == "test" and event["failed"]), None)
    broken = next((event for event in seen.events if event["kind"] == "broken"), None)
    ended = next((event for event in seen.events if event["kind"] == "ended"), None)
    if failed:
        return {"status": "killed", "killedBy": failed["id"]}
    if seen.hung:
        return {"status": "timeout"}
    if broken:
        return {"status": "killed", "killedBy": broken["id"], "reason": "the tests could not be imported"}
    if seen.signal:
        return {"status": "killed", "reason": "the tests died of signal %d" % seen.signal}
    if ended is None:
        return {"status": "error", "reason": "the tests ended early with code %s" % seen.code}
    if ended["code"] == 0:
        return {"status": "survived"}
    return {"status": "error", "reason": "pytest ended with code %s" % ended["code"]}


# What is loaded into pytest.


try:
    import pytest

    wrapper = pytest.hookimpl(hookwrapper=True)
except ImportError:
    pytest = None

    def wrapper(function):
        return function


class Told:
    def __init__(self, tell):
        self.tell = tell
        self.failures = {}

    def pytest_runtest_logreport(self, report):
        entry = self.failures.setdefault(report.nodeid, {"failed": False, "seconds": 0.0})
        entry["seconds"] += report.duration
        if report.failed:
            entry["failed"] = True
        if report.when == "teardown":
            self.tell(kind="test", id=report.nodeid, path=self.paths.get(report.nodeid, report.nodeid.split("::")[0]), **entry)

    def pytest_collectreport(self, report):
        if report.failed:
            self.tell(kind="broken", id=report.nodeid)

    def pytest_collection_finish(self, session):
        self.paths = {item.nodeid: str(getattr(item, "path", None) or item.fspath) for item in session.items}

    paths = {}


class Baseline(Told):
    def __init__(self, tell, lines):
        super().__init__(tell)
        self.test = ""
        self.trace = LineTrace(lines, lambda: self.test)

    def pytest_runtest_logstart(self, nodeid):
        self.test = nodeid
        self.tell(kind="begun", id=nodeid)

    def pytest_runtest_logfinish(self, nodeid):
        self.test = ""

    @wrapper
    def pytest_fixture_setup(self, fixturedef):
        """What a fixture of many tests does belongs to all of them, and not to the first that asks."""
        test = self.test
        if fixturedef.scope != "function":
            self.test = ""
        yield
        self.test = test

    def end(self, code):
        self.trace.stop()
        self.tell(kind="ended", code=code, hits=self.trace.told(), modules=foreign_modules())


class Selected(Told):
    def __init__(self, tell, wanted):
        super().__init__(tell)
        self.wanted = wanted

    def pytest_collection_modifyitems(self, config, items):
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in self.wanted])
        items[:] = [item for item in items if item.nodeid in self.wanted]

    def end(self, code):
        self.tell(kind="ended", code=code)


def run_pytest(arguments, plugin):
    trace = getattr(plugin, "trace", None)
    if trace:
        trace.start()
    code = int(pytest.main(arguments, plugins=[plugin]))
    plugin.end(code)
    return code


def foreign_modules():
    """Top packages that came from site-packages: the project's own must be imported anew for each mutant."""
    names = set()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if "site-packages" in file or "dist-packages" in file:
            names.add(name)
    return sorted(names)


def import_all(modules):
    for name in modules:
        if name in sys.modules:
            continue
        try:
            importlib.import_module(name)
        except BaseException:
            pass


def thread_count():
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        import threading

        return threading.active_count()


def shown(lines):
    cut = [line[:LONGEST_TEXT] for line in lines[:LONGEST_LINES]]
    return cut + (["…"] if len(lines) > LONGEST_LINES else [])


if __name__ == "__main__":
    main()
