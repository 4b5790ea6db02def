"""Tells Dojang's recorder which test runs, and sends the test's HTTP through the worker's lane.

Loaded by PYTEST_PLUGINS; tests need no change. Without DOJANG_LANES it does nothing, and what fails here never fails a test.
"""

import http.client
import json
import os
import time

import pytest


class Recorder:
    """One kept connection to the lane: when this process ends, so do the tests it announced."""

    def __init__(self, lane):
        self.lane = lane
        self.connection = None

    def tell(self, event, test, status=None):
        body = dict(test, event=event, at=time.time() * 1000, untilClosed=True)
        if status:
            body["status"] = status
        for _ in range(2):
            try:
                if self.connection is None:
                    host, _, port = self.lane.rpartition(":")
                    self.connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=2)
                self.connection.request("POST", "/dojang/tests", json.dumps(body), {"Content-Type": "application/json"})
                self.connection.getresponse().read()
                return
            except Exception:
                self.connection = None


def choose_lane(lanes):
    """Lane 0 is the step's; xdist numbers its workers gw0, gw1, ..."""
    if len(lanes) == 1:
        return lanes[0]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    number = int(worker[2:]) if worker[2:].isdigit() else 0
    return lanes[1 + number % (len(lanes) - 1)]


recorder = None
root = None
attempts = {}


def pytest_configure(config):
    global recorder, root
    lanes = [lane for lane in os.environ.get("DOJANG_LANES", "").split(",") if lane]
    if not lanes or os.environ.get("DOJANG_PRELOAD") == "off":
        return
    if getattr(config.option, "dist", "no") != "no" and not hasattr(config, "workerinput"):
        return  # xdist's controller runs no tests; its workers tell theirs
    lane = choose_lane(lanes)
    recorder = Recorder(lane)
    root = str(config.rootpath if hasattr(config, "rootpath") else config.rootdir)
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        os.environ[name] = "http://" + lane


def describe(nodeid):
    file, *titles = nodeid.split("::")
    return {"file": os.path.join(root, file), "titlePath": titles, "attempt": attempts.get(nodeid, 1)}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart(nodeid, location):
    if recorder:
        attempts[nodeid] = attempts.get(nodeid, 0) + 1
        recorder.tell("begin", describe(nodeid))


outcomes = {}


def pytest_runtest_logreport(report):
    if recorder and (report.when == "call" or report.outcome != "passed"):
        previous = outcomes.get(report.nodeid)
        if previous != "failed":
            outcomes[report.nodeid] = report.outcome if report.when == "call" or report.outcome == "skipped" else "error"


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish(nodeid, location):
    if recorder:
        recorder.tell("end", describe(nodeid), outcomes.pop(nodeid, None))
