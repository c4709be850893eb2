"""The server under test: its configuration, its process, its tables."""
import glob
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from support import packet as p
from support.client import Client
from support.tables import Tables

_numbers = itertools.count()
# For what must happen, but takes as long as it takes on a busy machine.
PATIENCE_S = 60


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def client_table(name, address, secret=p.SECRET, **more):
    lines = [f'[[client]]\nname = "{name}"\naddress = "{address}"\nsecret = "{secret.decode()}"']
    for key, value in more.items():
        lines.append(f"{key} = {str(value).lower()}" if isinstance(value, bool) else f'{key} = "{value}"')
    return "\n".join(lines) + "\n"


class Server:
    """`quipu-radiusd --config FILE` in the foreground, with a folder and tables of its own."""

    def __init__(self, level="process", listen=("127.0.0.1",), clients=None, head="", log_folder=None, wrapper=()):
        self.port = free_port()
        self.address = (listen[0], self.port)
        self.folder = tempfile.mkdtemp(prefix="quipu-radius-")
        self.log_folder = log_folder or os.path.join(self.folder, "log")
        self.table = f"quipu-acceptance-{os.getpid()}-{next(_numbers)}"
        self.config = os.path.join(self.folder, "quipu-radiusd.toml")
        self.said = os.path.join(self.folder, "stderr")
        self.wrapper = list(wrapper)
        self.process = None
        addresses = ", ".join(f'"[{ip}]:{self.port}"' if ":" in ip else f'"{ip}:{self.port}"' for ip in listen)
        self.text = f"""listen = [{addresses}]
level = "{level}"
{head}
[log]
folder = "{self.log_folder}"
segment_mib = 1
[table]
name = "{self.table}"
duplicates = "{self.table}-duplicates"
max_mib = 256
"""
        self.clients = clients if clients is not None else client_table("test", "127.0.0.1")
        self.write_config(self.text + self.clients)

    def write_config(self, text):
        with open(self.config, "w", encoding="ascii") as file:
            file.write(text)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind is not None:
            print(f"-- what the server said:\n{self.words()[-4000:]}--", flush=True)
        self.remove()

    def spawn(self, wrapper=None):
        """Starts it, and does not wait."""
        command = [*(self.wrapper if wrapper is None else wrapper), os.environ["QUIPU_RADIUSD"], "--config", self.config]
        with open(self.said, "ab") as said:
            self.process = subprocess.Popen(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        return self

    def start(self, wrapper=None):
        self.spawn(wrapper)
        self.wait_until_ready()
        return self

    def wait_until_ready(self):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}: {self.words()}"
            if self.is_alive():
                return
        raise AssertionError(f"the server does not answer Status-Server: {self.words()}")

    def is_alive(self, seconds=0.2):
        """Whether it answers a Status-Server."""
        with Client(self.address, source="::1" if ":" in self.address[0] else "127.0.0.1") as client:
            return client.ask(p.status_server(1), seconds) is not None

    def pid(self):
        """Of the server itself, if it runs under strace as well."""
        if not self.wrapper and self.process.args[0] == os.environ["QUIPU_RADIUSD"]:
            return self.process.pid
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as children:
            return int(children.read().split()[0])

    def signal(self, number):
        os.kill(self.pid(), number)

    def wait(self):
        return self.process.wait(PATIENCE_S)

    def kill(self):
        """kill -9: no chance to tidy up."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.wait()

    def words(self):
        if not os.path.exists(self.said):
            return ""
        with open(self.said, encoding="utf-8", errors="replace") as said:
            return said.read()

    def tables(self):
        return Tables(self.table)

    def settled(self):
        """The tables once nothing changes them any more: the sweep behind an Accounting-On is over."""
        before = self.tables()
        while (after := self.tables()).sessions != before.sessions or after.totals != before.totals:
            before = after
            time.sleep(0.2)
        return after

    def counted(self, condition):
        """The tables once a condition on their counters holds, which may be a moment late; or as they are in the end."""
        end = time.monotonic() + 5
        while not condition(tables := self.tables()) and time.monotonic() < end:
            time.sleep(0.05)
        return tables

    def times_logged(self, packet):
        """How often the raw packet is in the segments of its log."""
        found = 0
        for name in glob.glob(os.path.join(self.log_folder, "**", "*"), recursive=True):
            if os.path.isfile(name):
                with open(name, "rb") as file:
                    found += file.read().count(packet)
        return found

    def remove(self):
        """Ends it whatever it does, and takes everything away."""
        if self.process is not None and self.process.poll() is None:
            try:
                self.signal(signal.SIGKILL)
            except (ProcessLookupError, IndexError, FileNotFoundError):
                self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in (self.table, f"{self.table}-duplicates"):
            if os.path.exists(f"/dev/shm/{name}"):
                os.unlink(f"/dev/shm/{name}")
