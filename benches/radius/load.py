"""Runs the loader against a server, and says what the server and the machine had to do for it."""
import json
import os
import subprocess
import time

import servers


class Load:
    program = None

    def __init__(self, server):
        self.server = server
        self.runs = 0

    def command(self, kind, **options):
        command = [self.program, kind, "--json"]
        if kind != "sync":
            command += ["--to", f"127.0.0.1:{self.server.port}", "--secret", servers.SECRET]
        for name, value in options.items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        return command

    def figures(self, output, command):
        if not output.stdout:
            words = output.stderr.decode() + self.server.words()
            raise RuntimeError(f"{' '.join(map(str, command))}: {words}")
        return self.parse(output.stdout)

    @staticmethod
    def parse(text):
        return json.loads(text)

    def run(self, kind, **options):
        """One run: the loader's figures with what the server's processes used for each request."""
        if "run" not in options and kind != "sync":
            self.runs += 1
            options["run"] = self.runs
        command = self.command(kind, **options)
        cpu, drops = self.server.cpu_seconds(), self.server.drops()
        output = subprocess.run(command, capture_output=True)
        figures = self.figures(output, command)
        used = self.server.cpu_seconds() - cpu
        figures["server_us_per_request"] = used * 1e6 / max(figures["answered"], 1)
        figures["kernel_drops"] = self.server.drops() - drops
        figures["load_average"] = os.getloadavg()[0]
        return figures

    def begin(self, kind, **options):
        """The same, to be waited for by the caller."""
        command = self.command(kind, **options)
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE), command

    def ready(self):
        """Waits until the server answers."""
        command = self.command(
            "closed", requests=1, outstanding=1, attempts=300, timeout_ms=100, seconds=60, run=1 << 31
        )
        figures = self.figures(subprocess.run(command, capture_output=True), command)
        if figures["answered"] != 1:
            raise RuntimeError(f"{self.server.name} does not answer: {self.server.words()}")
        # What it does after its start is not to be counted.
        time.sleep(0.3)


def sync(folder, count):
    """The disk alone, in the same folder."""
    command = [Load.program, "sync", "--folder", str(folder), "--count", str(count), "--json"]
    return json.loads(subprocess.check_output(command))
