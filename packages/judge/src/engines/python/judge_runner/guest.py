"""The guest: what is left of a process before a stranger's code runs in it, and the run itself."""

import json
import os
import resource
import sys

from judge_runner.kernel import give_up_privileges, mount_processes


def become_guest(output_write, report_write, limits, filter_program):
    mount_processes()
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
    give_up_privileges(filter_program)


def set_limits(limits):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["diskBytes"], limits["diskBytes"]))
    # Of the same user: the sandbox's own processes, which are bwrap's two, mother, zygote and keeper.
    count = limits["processes"] + 5
    resource.setrlimit(resource.RLIMIT_NPROC, (count, count))
    # Process 1 of a namespace hears no SIGXCPU, but is killed: how much it used tells by what.
    seconds = limits["timeMs"] // 1000 + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    # Address space is not memory: this only ends what asks for very much in one breath, between two looks of the watchdog.
    size = limits["memoryBytes"] + 512 * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def run_tests(session, recorder, shuffle):
    recorder.shuffle = shuffle
    # Fixed before anything of the guest is loaded, so that its own clocks and patches do not matter here.
    write, leave, dumps = os.write, os._exit, json.dumps
    hook = session.config.hook
    try:
        hook.pytest_collection(session=session)
        # How a failed test came about is told by the recorder: pytest's own account, with sources, takes a third of a run and is read by nobody.
        session.config.option.tbstyle = "value"
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
