"""What is loaded into pytest while mutants are tried: it tells what becomes of each test."""

import sys

from dojang_patch import LineTrace

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
