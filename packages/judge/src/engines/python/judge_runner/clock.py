"""The clock of one run. It stands still while the guest waits for a processor, so that other work on the machine takes nothing of its time."""

import os
import time

# Of its time, as wall time: where everything waits, something has to end.
MOST_TIMES = 5
MOST_TASKS = 64
SHORTEST_S = 0.02
TICKS = os.sysconf("SC_CLK_TCK")


class Clock:
    def __init__(self, limit_s, processes, own):
        """`processes`: a descriptor of /proc. Whoever is there and not in `own` is the guest's."""
        self.limit_s = limit_s
        self.processes = processes
        self.own = own
        self.begun = time.monotonic()
        self.deadline = self.begun + limit_s
        self.waited_s = 0.0
        self.used_s = 0.0

    def left(self):
        """Seconds until it has to be asked again; 0: the time is over."""
        left = self.deadline - time.monotonic()
        if left > 0:
            return left
        self.look()
        now = time.monotonic()
        # Who has used as much as this waits for nobody but itself.
        if self.used_s >= self.limit_s or now - self.begun >= self.limit_s * MOST_TIMES:
            return 0
        deadline = self.begun + self.limit_s + self.waited_s
        if deadline - now < 0.002:
            return 0
        self.deadline = min(max(deadline, now + SHORTEST_S), self.begun + self.limit_s * MOST_TIMES)
        return self.deadline - now

    def look(self):
        """How long the one that waited longest did so, and what all used. Nothing is waited for where the kernel does not count it."""
        waited, used, tasks = 0, 0.0, 0
        for pid in self.names(".")[: MOST_TASKS * 2]:
            if not pid.isdigit() or int(pid) in self.own:
                continue
            # Behind the name: utime and stime, and those of children that ended.
            fields = self.read(pid + "/stat").rpartition(")")[2].split()
            used += sum(map(int, fields[11:15])) / TICKS
            for task in self.names(pid + "/task"):
                tasks += 1
                if tasks > MOST_TASKS:
                    break
                numbers = self.read("%s/task/%s/schedstat" % (pid, task)).split()
                waited = max(waited, int(numbers[1]) if len(numbers) > 1 else 0)
        self.waited_s = max(self.waited_s, waited / 1e9)
        self.used_s = max(self.used_s, used)

    def names(self, path):
        try:
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.processes)
        except OSError:
            return []
        try:
            return os.listdir(folder)
        except OSError:
            return []
        finally:
            os.close(folder)

    def read(self, path):
        try:
            file = os.open(path, os.O_RDONLY, dir_fd=self.processes)
        except OSError:
            return ""
        try:
            return os.read(file, 4096).decode("utf-8", "replace")
        except OSError:
            return ""
        finally:
            os.close(file)
