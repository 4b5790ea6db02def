"""Gives a process the mutant in place of a file's own text, and says which lines of some files a process ran.

Nothing on disk is touched. By sitecustomize it also holds for the Python programs that tests start.
"""

import importlib.machinery
import json
import os
import sys


class MutatedLoader(importlib.machinery.SourceFileLoader):
    source = ""

    def get_code(self, fullname):
        return compile(self.source, self.path, "exec", dont_inherit=True)


class MutantFinder:
    """Before all others; what they would find in the mutant's file gets the mutant's text."""

    def __init__(self, file, source):
        self.file = os.path.realpath(file)
        self.source = source

    def find_spec(self, name, path=None, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or not spec.has_location or os.path.realpath(spec.origin) != self.file:
            return None
        spec.loader = MutatedLoader(spec.loader.name, spec.loader.path)
        spec.loader.source = self.source
        spec.cached = None
        return spec


def install(file, source):
    sys.meta_path.insert(0, MutantFinder(file, source))


class LineTrace:
    """Which of the watched lines ran, by the test that ran them. Frames of other files cost one look each."""

    def __init__(self, lines_by_file, test):
        self.watched = {os.path.realpath(file): frozenset(lines) for file, lines in lines_by_file.items()}
        self.known = {}
        self.hits = {}
        self.test = test

    def start(self):
        import threading

        threading.settrace(self.call)
        sys.settrace(self.call)

    def stop(self):
        import threading

        sys.settrace(None)
        threading.settrace(None)

    def call(self, frame, _event, _argument):
        name = frame.f_code.co_filename
        file = self.known.get(name)
        if file is None:
            file = self.known[name] = os.path.realpath(name)
        watched = self.watched.get(file)
        if watched is None:
            return None

        def line(inner, event, _argument):
            if event == "line" and inner.f_lineno in watched:
                self.hits.setdefault(self.test(), set()).add((file, inner.f_lineno))
            return line

        return line(frame, "line", None) and line

    def told(self):
        return {test: sorted(places) for test, places in self.hits.items()}


def apply_from_environment():
    """Of a program that a test started: the mutant, or the trace, that its parent has."""
    mutant = os.environ.get("DOJANG_MUTANT")
    if mutant:
        with open(mutant, encoding="utf-8") as file:
            told = json.load(file)
        install(told["file"], told["source"])
    traced = os.environ.get("DOJANG_MUTATION_TRACE")
    if traced and os.getpid() != int(os.environ.get("DOJANG_MUTATION_MAIN", "0")):
        import atexit

        with open(os.path.join(traced, "lines.json"), encoding="utf-8") as file:
            lines = json.load(file)
        test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
        trace = LineTrace(lines, lambda: test)

        def tell():
            trace.stop()
            with open(os.path.join(traced, "child-%d.json" % os.getpid()), "w", encoding="utf-8") as file:
                json.dump(trace.told(), file)

        atexit.register(tell)
        trace.start()
