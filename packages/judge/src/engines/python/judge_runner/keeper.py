"""One run's keeper: it lays out the program and the tests, forks the guest, and watches the clock, the output and the end."""

import os
import select
import signal
import time
import traceback

from judge_runner.channel import CHANNEL, send
from judge_runner.clock import Clock
from judge_runner.guest import become_guest, run_tests
from judge_runner.kernel import MS_NOEXEC, die_with_parent, divide, make_read_only, mount_memory

REPORT_LIMIT_BYTES = 1024 * 1024
KEPT_OUTPUT_BYTES = 64 * 1024
# What the pipes hold, and no more.
LATE_READS = 8
WORK = "/work"


def keep(run, setup, filter_program, session, recorder):
    die_with_parent()
    limits = setup["limits"]
    divide()
    lay_out(run["files"], setup, limits)
    output_read, output_write = os.pipe()
    report_read, report_write = os.pipe()
    # Opened before the guest mounts its own over it. Nobody but the judge's own is there yet.
    processes = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    own = {int(name) for name in os.listdir(processes) if name.isdigit()}
    clock = Clock(limits["timeMs"] / 1000, processes, own)
    guest = os.fork()
    if guest == 0:
        try:
            os.close(CHANNEL)
            os.close(output_read)
            os.close(report_read)
            os.close(processes)
            become_guest(output_write, report_write, limits, filter_program)
            run_tests(session, recorder, run.get("shuffle"))
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(70)
    os.close(output_write)
    os.close(report_write)
    end, output, report = watch(guest, output_read, report_read, limits, clock)
    _, status, usage = os.wait4(guest, 0)
    send(
        {
            "kind": "result",
            "nonce": run["nonce"],
            "end": end,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "exit": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1,
            "report": report.decode("utf-8", "replace"),
            "output": output.decode("utf-8", "replace"),
            "wallMs": (time.monotonic() - clock.begun) * 1000,
            "waitedMs": clock.waited_s * 1000,
            "usedMs": max(clock.used_s, usage.ru_utime + usage.ru_stime) * 1000,
            "memoryBytes": usage.ru_maxrss * 1024,
        }
    )


def lay_out(files, setup, limits):
    """A memory file system for the sources, read-only before the guest begins, and one for what it writes."""
    mount_memory(WORK, 8 * 1024 * 1024)
    for name, text in [*files.items(), (setup["testFile"], setup["tests"])]:
        path = os.path.join(WORK, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.utime(path, (0, 0))
    make_read_only(WORK)
    mount_memory("/tmp", limits["diskBytes"], MS_NOEXEC)
    mount_memory("/dev/shm", limits["diskBytes"], MS_NOEXEC)


def watch(guest, output_read, report_read, limits, clock):
    """Until the guest has closed both pipes or broken a limit: process 1 takes every other process of its namespace along."""
    output, report, written = bytearray(), bytearray(), 0
    waiting = [output_read, report_read]
    late = 0
    while waiting:
        left = clock.left()
        # Also when its time is over: what was said in time may only now be seen.
        late += left == 0
        ready = select.select(waiting, [], [], left)[0]
        if not ready and left > 0:
            continue
        if not ready or late > LATE_READS:
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
    while True:
        if os.waitid(os.P_PID, guest, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return "ended", output, report
        if clock.left() == 0:
            break
        time.sleep(0.001)
    os.kill(guest, signal.SIGKILL)
    return "time", output, b""
