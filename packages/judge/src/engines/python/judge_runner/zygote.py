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

import os
import select
import traceback

from judge_runner.channel import CHANNEL, receive, send
from judge_runner.keeper import WORK, keep
from judge_runner.recorder import Recorder

# How a keeper says that the submission is over.
CLOSE = 3


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
    recorder = Recorder(pytest, setup["mostTests"])
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
