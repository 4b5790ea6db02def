"""A forked child that runs tests, as its parent sees it."""

import json
import os
import select
import signal
import time


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
