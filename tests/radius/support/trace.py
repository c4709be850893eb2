"""strace at the side of a running server: what it calls, and faults at chosen calls."""
import os
import signal
import subprocess
import time

from support.server import PATIENCE_S


class Trace:
    """Attached to all threads of the server while it is open."""

    def __init__(self, server, *arguments):
        self.file = os.path.join(server.folder, f"strace-{time.monotonic_ns()}")
        self.errors = open(self.file + ".errors", "w+", encoding="utf-8")
        command = ["strace", "-f", "-y", "-p", str(server.pid()), "-o", self.file, *arguments]
        self.process = subprocess.Popen(command, stderr=self.errors)
        threads = len(os.listdir(f"/proc/{server.pid()}/task"))
        end = time.monotonic() + PATIENCE_S
        while self.attached() < threads:
            assert self.process.poll() is None and time.monotonic() < end, f"strace does not attach: {self.words()}"
            time.sleep(0.02)

    def words(self):
        with open(self.file + ".errors", encoding="utf-8") as errors:
            return errors.read()

    def attached(self):
        words = self.words()
        # It says either each thread, or the number of threads.
        for line in words.splitlines():
            if line.endswith("threads"):
                return int(line.split()[-2])
        return words.count("attached")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Lets the server go on without it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE_S)
        finally:
            self.errors.close()

    def lines(self):
        with open(self.file, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
