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
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from dojang_child import Seen  # noqa: E402
from dojang_mutants import choose, mutants_of  # noqa: E402
from dojang_patch import install  # noqa: E402
from dojang_plugin import Baseline, Selected, pytest, run_pytest  # noqa: E402

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
