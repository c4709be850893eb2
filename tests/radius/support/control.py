"""Debian's FreeRADIUS with accounting into `detail`, as a control."""
import os
import shutil
import subprocess
import tempfile
import time

from support import packet as p
from support.client import Client
from support.server import free_port

CONFIG = """
prefix = /usr
libdir = /usr/lib/freeradius
logdir = {folder}
run_dir = {folder}
pidfile = {folder}/pid
max_requests = 16384
security {{
	status_server = yes
}}
client test {{
	ipaddr = 127.0.0.1
	secret = {secret}
}}
modules {{
	preprocess {{
	}}
	detail {{
		filename = {folder}/detail
	}}
	always ok {{
		rcode = ok
	}}
}}
server default {{
	listen {{
		type = acct
		ipaddr = 127.0.0.1
		port = {port}
	}}
	accounting {{
		detail
		ok
	}}
}}
"""


class FreeRadius:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="quipu-freeradius-")
        self.address = ("127.0.0.1", free_port())
        with open(os.path.join(self.folder, "radiusd.conf"), "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder=self.folder, port=self.address[1], secret=p.SECRET.decode()))
        self.said = open(os.path.join(self.folder, "said"), "w+", encoding="utf-8")
        self.process = None

    def __enter__(self):
        command = ["freeradius", "-f", "-l", "stdout", "-d", self.folder, "-D", "/usr/share/freeradius"]
        self.process = subprocess.Popen(command, stdout=self.said, stderr=self.said)
        for _ in range(100):
            with Client(self.address) as client:
                if client.ask(p.status_server(1), 0.2) is not None:
                    return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.said.seek(0)
        raise AssertionError(f"FreeRADIUS does not start: {self.said.read()}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.said.close()
        shutil.rmtree(self.folder)
