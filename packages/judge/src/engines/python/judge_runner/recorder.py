"""What happened in a run, as a plugin of pytest."""

MESSAGE_LIMIT = 2000
SUBMISSION = "/work/test_"
TOO_MANY = "there are %d tests, and no more than %d are run: leave some out, or let one test look at several values"


class Recorder:
    def __init__(self, pytest, most_tests):
        self.pytest = pytest
        self.most_tests = most_tests
        self.tests = {}
        self.unloadable = None
        self.shuffle = None

    def pytest_collection_modifyitems(self, items):
        if len(items) > self.most_tests:
            self.unloadable = TOO_MANY % (len(items), self.most_tests)
            items.clear()
        if self.shuffle is not None:
            import random

            random.Random(self.shuffle).shuffle(items)

    def pytest_collectreport(self, report):
        if report.failed and self.unloadable is None:
            self.unloadable = shorten(report.longrepr)

    def pytest_runtest_makereport(self, item, call):
        made = yield
        if call.excinfo is None:
            return
        report = made.get_result()
        report.by_assertion = isinstance(call.excinfo.value, (AssertionError, self.pytest.fail.Exception))
        report.short = describe(call.excinfo.value)
        report.line = line_of(call.excinfo)

    def pytest_runtest_logreport(self, report):
        # The folder and the file are the same for every submission.
        name = report.nodeid.split("::", 1)[-1]
        test = self.tests.setdefault(name, {"name": name, "outcome": "passed", "durationMs": 0})
        test["durationMs"] += report.duration * 1000
        if report.failed and test["outcome"] != "failed":
            test["outcome"] = "failed"
            test["by"] = "assertion" if getattr(report, "by_assertion", True) else "error"
            test["message"] = getattr(report, "short", None) or shorten(report.longrepr)
            test["line"] = getattr(report, "line", None)
        elif report.skipped and test["outcome"] == "passed":
            test["outcome"] = "skipped" if not hasattr(report, "wasxfail") else "passed"


def describe(error):
    try:
        text = str(error)
    except Exception:
        text = "(its message could not be read)"
    name = type(error).__name__
    return (text if name in ("AssertionError", "Failed") and text else "%s: %s" % (name, text))[:MESSAGE_LIMIT]


def line_of(excinfo):
    """Where in the submission itself."""
    line = None
    at = excinfo.tb
    while at is not None:
        if at.tb_frame.f_code.co_filename.startswith(SUBMISSION):
            line = at.tb_lineno
        at = at.tb_next
    return line


def shorten(value):
    return str(value)[-MESSAGE_LIMIT:]
