"""The warm pytest runner inside a submission's sandbox.

Theory of operation. Four kinds of processes, of which only the last runs what a stranger wrote:

  mother   imports pytest once, reads nothing, and forks a zygote for each submission, one after the other.
  zygote   one per submission: compiles it (which runs nothing of it), prepares a session of pytest, and forks. Descriptor 3 carries
           frames of a length and JSON, one answer for one question, in lockstep.
  keeper   one per run. It reads the question, so that no program is ever in a process that later guests are copies of. It has a capability inside the sandbox's own user namespace, makes new process, mount and IPC
           namespaces, lays out the program and the tests in a memory file system of their own, and watches the clock, the
           output and the end. It has the channel and runs nothing of the guest.
  guest    process 1 of its namespace: no capability, no channel, seccomp, limits. It collects and runs the tests and writes
           what happened into a pipe that only its keeper reads.

A guest can say what it likes about the one run it is in, which is no more than a test can do anyway. It cannot speak of
another run: the channel is closed in it, the processes that hold it are not in its process namespace, and nothing it
leaves (memory, files, IPC objects, processes) outlives its namespaces. Because the test module is executed in the guest and never
in the zygote, no run can learn what another one saw.
"""

import ctypes
import json
import os
import resource
import select
import signal
import struct
import sys
import time
import traceback

CHANNEL = 3
FRAME_LIMIT_BYTES = 4 * 1024 * 1024
REPORT_LIMIT_BYTES = 1024 * 1024
KEPT_OUTPUT_BYTES = 64 * 1024
MESSAGE_LIMIT = 2000
WORK = "/work"
# How a keeper says that the submission is over.
CLOSE = 3

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID = 0x00020000, 0x08000000, 0x20000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_CAP_AMBIENT, PR_SET_PDEATHSIG = 38, 22, 47, 1
PR_CAP_AMBIENT_CLEAR_ALL, SECCOMP_MODE_FILTER = 4, 2
CAPABILITY_VERSION_3 = 0x20080522

libc = ctypes.CDLL(None, use_errno=True)


def must(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), what)


def read_exactly(count):
    parts = []
    while count > 0:
        part = os.read(CHANNEL, min(count, 65536))
        if not part:
            # The judge is gone.
            os._exit(70)
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def receive():
    (length,) = struct.unpack(">I", read_exactly(4))
    if length > FRAME_LIMIT_BYTES:
        os._exit(70)
    return json.loads(read_exactly(length))


def send(message):
    body = json.dumps(message).encode("utf-8", "replace")
    data = struct.pack(">I", len(body)) + body
    while data:
        data = data[os.write(CHANNEL, data) :]


# ---------------------------------------------------------------- zygote


def bear():
    import gc

    import pytest  # noqa: F401
    from _pytest.assertion import rewrite  # noqa: F401

    # What most tests import, so that each run finds it warm.
    import asyncio, collections, dataclasses, datetime, decimal, functools, itertools, random, re, threading, unittest.mock  # noqa: F401, E401

    # What is here stays: collecting it in each child would copy every page.
    gc.collect()
    gc.freeze()
    send({"kind": "born"})
    while True:
        select.select([CHANNEL], [], [])
        zygote = os.fork()
        if zygote == 0:
            try:
                serve()
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(70)
        _, status = os.waitpid(zygote, 0)
        if status != 0:
            # The judge sees the end of the channel, and begins again with a new sandbox.
            os._exit(70)


def serve():
    import gc

    import pytest
    from _pytest import config as pytest_config
    from _pytest.main import Session

    setup = receive()
    path = os.path.join(WORK, setup["testFile"])
    problem = compile_ahead(path, setup["tests"])
    if problem is not None:
        send({"kind": "ready", "nonce": setup["nonce"], "problem": problem})
        os._exit(0)
    Recorder.pytest_runtest_makereport = pytest.hookimpl(hookwrapper=True)(Recorder.pytest_runtest_makereport)
    recorder = Recorder(pytest)
    config = pytest_config._prepareconfig(
        [
            *["-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:faulthandler", "-p", "no:junitxml", "-p", "no:pastebin"],
            *["-s", "-c", os.devnull, "--rootdir", WORK, path],
        ],
        [recorder],
    )
    # The plugin of the terminal is left out, and others ask it for this.
    for name in ("verbose", "quiet"):
        if not hasattr(config.option, name):
            setattr(config.option, name, 0)
    # As far as pytest gets without looking at a test: what is done here is not done for every program.
    session = Session.from_config(config)
    config._do_configure()
    config.hook.pytest_sessionstart(session=session)
    send({"kind": "ready", "nonce": setup["nonce"]})
    filter_program = bytes.fromhex(setup["seccomp"])
    gc.freeze()
    while True:
        # Only the keeper reads the question: a program that was ever in this process could be found in the memory of later guests.
        select.select([CHANNEL], [], [])
        keeper = os.fork()
        if keeper == 0:
            code = 70
            try:
                question = receive()
                if question.get("close"):
                    os._exit(CLOSE)
                keep(question, setup, filter_program, session, recorder)
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        _, status = os.waitpid(keeper, 0)
        if status != 0:
            os._exit(0 if os.WIFEXITED(status) and os.WEXITSTATUS(status) == CLOSE else 70)


def compile_ahead(path, source):
    """Compiles the tests with pytest's assertions once. Says what is wrong with them, as their author has to see it."""
    try:
        compile(source, os.path.basename(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        return {"message": "%s: %s" % (type(error).__name__, error.msg), "line": error.lineno}
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return {"message": "%s: %s" % (type(error).__name__, error)}
    from _pytest.assertion import rewrite

    original = rewrite._rewrite_test
    made = {}

    def rewrite_once(fn, config):
        if str(fn) != path:
            return original(fn, config)
        return os.stat(fn), made["code"]

    try:
        import ast

        data = source.encode()
        tree = ast.parse(data, filename=path)
        rewrite.rewrite_asserts(tree, data, path, None)
        made["code"] = compile(tree, path, "exec", dont_inherit=True)
        rewrite._rewrite_test = rewrite_once
    except Exception:
        # Another pytest may want its configuration for this: then each run rewrites for itself.
        pass
    return None


# ---------------------------------------------------------------- keeper


def keep(run, setup, filter_program, session, recorder):
    must(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    limits = setup["limits"]
    must(libc.unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC), "unshare")
    lay_out(run["files"], setup, limits)
    output_read, output_write = os.pipe()
    report_read, report_write = os.pipe()
    begun = time.monotonic()
    guest = os.fork()
    if guest == 0:
        try:
            os.close(CHANNEL)
            os.close(output_read)
            os.close(report_read)
            become_guest(output_write, report_write, limits, filter_program)
            run_tests(session, recorder, run.get("shuffle"))
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(70)
    os.close(output_write)
    os.close(report_write)
    end, output, report = watch(guest, output_read, report_read, limits, begun)
    _, status, usage = os.wait4(guest, 0)
    wall_ms = (time.monotonic() - begun) * 1000
    send(
        {
            "kind": "result",
            "nonce": run["nonce"],
            "end": end,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "exit": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1,
            "report": report.decode("utf-8", "replace"),
            "output": output.decode("utf-8", "replace"),
            "wallMs": wall_ms,
            "memoryBytes": usage.ru_maxrss * 1024,
        }
    )


def lay_out(files, setup, limits):
    """A memory file system for the sources, read-only before the guest begins, and one for what it writes."""
    mount_memory(WORK, 8 * 1024 * 1024, 0)
    for name, text in [*files.items(), (setup["testFile"], setup["tests"])]:
        path = os.path.join(WORK, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.utime(path, (0, 0))
    must(libc.mount(b"none", WORK.encode(), None, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, None), "remount")
    mount_memory("/tmp", limits["diskBytes"], MS_NOEXEC)
    mount_memory("/dev/shm", limits["diskBytes"], MS_NOEXEC)


def mount_memory(path, size_bytes, flags):
    options = ("size=%d,nr_inodes=4096,mode=755" % size_bytes).encode()
    must(libc.mount(b"tmpfs", path.encode(), b"tmpfs", MS_NOSUID | MS_NODEV | flags, options), "mount " + path)


def watch(guest, output_read, report_read, limits, begun):
    """Until the guest has closed both pipes or broken a limit: process 1 takes every other process of its namespace along."""
    deadline = begun + limits["timeMs"] / 1000
    output, report, written = bytearray(), bytearray(), 0
    waiting = [output_read, report_read]
    while waiting:
        left = deadline - time.monotonic()
        ready = select.select(waiting, [], [], left)[0] if left > 0 else []
        if not ready:
            os.kill(guest, signal.SIGKILL)
            return "time", output, b""
        for descriptor in ready:
            data = os.read(descriptor, 65536)
            if not data:
                waiting.remove(descriptor)
            elif descriptor == report_read:
                report += data
            else:
                written += len(data)
                output += data[: max(0, KEPT_OUTPUT_BYTES - len(output))]
            if written > limits["outputBytes"] or len(report) > REPORT_LIMIT_BYTES:
                os.kill(guest, signal.SIGKILL)
                return "output", output, b""
    # Both are closed, but closing them is not ending: what is left of the time is all there is.
    while time.monotonic() < deadline:
        if os.waitid(os.P_PID, guest, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return "ended", output, report
        time.sleep(0.001)
    os.kill(guest, signal.SIGKILL)
    return "time", output, b""


# ---------------------------------------------------------------- guest


class CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def become_guest(output_write, report_write, limits, filter_program):
    must(libc.mount(b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None), "mount /proc")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output_write, 1)
    os.dup2(output_write, 2)
    os.dup2(report_write, 3)
    os.closerange(4, 4096)
    set_limits(limits)
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    os.setsid()
    os.chdir("/tmp")
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    must(libc.capset(ctypes.byref(CapabilityHeader(CAPABILITY_VERSION_3, 0)), (ctypes.c_uint32 * 6)()), "capset")
    must(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    code = ctypes.create_string_buffer(filter_program, len(filter_program))
    program = FilterProgram(len(filter_program) // 8, ctypes.cast(code, ctypes.c_void_p))
    must(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0), "seccomp")


def set_limits(limits):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["diskBytes"], limits["diskBytes"]))
    # Of the same user: the sandbox's own processes, which are bwrap's two, mother, zygote and keeper.
    count = limits["processes"] + 5
    resource.setrlimit(resource.RLIMIT_NPROC, (count, count))
    seconds = limits["timeMs"] // 1000 + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    # Address space is not memory: this only ends what asks for very much in one breath, between two looks of the watchdog.
    size = limits["memoryBytes"] + 512 * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


class Recorder:
    """What the tests did, as a plugin of pytest."""

    def __init__(self, pytest):
        self.pytest = pytest
        self.tests = {}
        self.unloadable = None
        self.shuffle = None

    def pytest_collection_modifyitems(self, items):
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
        if at.tb_frame.f_code.co_filename.startswith(WORK + "/test_"):
            line = at.tb_lineno
        at = at.tb_next
    return line


def shorten(value):
    return str(value)[-MESSAGE_LIMIT:]


def run_tests(session, recorder, shuffle):
    recorder.shuffle = shuffle
    # Fixed before anything of the guest is loaded, so that its own clocks and patches do not matter here.
    write, leave, dumps = os.write, os._exit, json.dumps
    hook = session.config.hook
    try:
        hook.pytest_collection(session=session)
        hook.pytest_runtestloop(session=session)
        hook.pytest_sessionfinish(session=session, exitstatus=1 if session.testsfailed else 0)
    except (session.Interrupted, session.Failed, SystemExit, recorder.pytest.exit.Exception):
        # A test module that cannot be loaded interrupts before any test; what was recorded says so.
        pass
    sys.stdout.flush()
    sys.stderr.flush()
    tests = list(recorder.tests.values())
    data = dumps({"tests": tests, "unloadable": recorder.unloadable}).encode("utf-8", "replace")
    while data:
        data = data[write(3, data) :]
    leave(0)


bear()
