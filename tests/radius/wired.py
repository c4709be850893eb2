"""hostapd, which authenticates by EAP-MD5 and accounts for it, and wpa_supplicant, over a pair of virtual interfaces: On,
Start, Interim-Updates, Stop, Off. Our server is killed before the Start, amid the Interims and before the Stop; hostapd
tries again, with Acct-Delay-Time, and there is exactly one session."""
import os
import re
import subprocess
import time
import unittest

from support import finally_do
from support import packet as p
from support.capture import Capture
from support.server import PATIENCE_S, Server
from support.tables import CLOSED

HOSTAPD = """interface={interface}
driver=wired
logger_stdout=-1
logger_stdout_level=1
ieee8021x=1
eap_server=1
eap_user_file={folder}/users
own_ip_addr=127.0.0.1
nas_identifier=quipu-hostapd
acct_server_addr=127.0.0.1
acct_server_port={port}
acct_server_shared_secret={secret}
radius_acct_interim_interval=1
"""
SUPPLICANT = """ctrl_interface={folder}/control
ap_scan=0
network={{
  key_mgmt=IEEE8021X
  eap=MD5
  identity="alice"
  password="password"
  eapol_flags=0
}}
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Wired(unittest.TestCase):
    def setUp(self):
        self.server = Server(level="power")
        finally_do(self.addCleanup, self.server.remove)
        self.server.start()
        self.folder = self.server.folder
        self.capture = Capture(self.folder, self.server.port)
        finally_do(self.addCleanup, self.capture.close)
        self.namespace = f"quipu-test-{os.getpid()}"
        # At most 15 octets.
        self.outside, self.inside = f"qpo{os.getpid()}", f"qpi{os.getpid()}"
        ip("netns", "add", self.namespace)
        finally_do(self.addCleanup, ip, "netns", "del", self.namespace)
        ip("link", "add", self.outside, "type", "veth", "peer", "name", self.inside)
        finally_do(self.addCleanup, subprocess.run, ["ip", "link", "del", self.outside], stderr=subprocess.DEVNULL)
        ip("link", "set", self.inside, "netns", self.namespace)
        ip("link", "set", self.outside, "up")
        ip("-n", self.namespace, "link", "set", self.inside, "up")
        values = {"interface": self.outside, "folder": self.folder, "port": self.server.port, "secret": p.SECRET.decode()}
        self.write("hostapd.conf", HOSTAPD.format(**values))
        self.write("users", '"alice" MD5 "password"\n')
        self.write("supplicant.conf", SUPPLICANT.format(**values))

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="ascii") as file:
            file.write(text)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_beside(self, name, *command):
        said = open(self.path(name), "wb")
        self.addCleanup(said.close)
        process = subprocess.Popen(command, stdout=said, stderr=said)
        finally_do(self.addCleanup, lambda: process.poll() is None and (process.kill(), process.wait()))
        return process

    def until(self, what, condition):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.1)
        with open(self.path("hostapd.out"), encoding="utf-8") as said:
            self.fail(f"in vain: {what}\n{said.read()[-3000:]}")

    def heard(self, text):
        with open(self.path("hostapd.out"), encoding="utf-8") as said:
            return re.search(text, said.read())

    def session(self):
        found = [s for s in self.server.tables().sessions.values()]
        self.assertLessEqual(len(found), 1, found)
        return found[0] if found else None

    def away(self, seconds, meanwhile=lambda: None):
        """Kills the server, and starts it again when hostapd had time to miss it."""
        self.server.kill()
        meanwhile()
        time.sleep(seconds)
        self.server.start()

    def supplicant(self):
        self.run_beside("supplicant.out", "ip", "netns", "exec", self.namespace, "wpa_supplicant", "-D", "wired", "-i",
                        self.inside, "-c", self.path("supplicant.conf"))
        self.until("the supplicant is let in", lambda: self.heard("starting accounting session"))

    def logoff(self):
        command = ["ip", "netns", "exec", self.namespace, "wpa_cli", "-p", self.path("control"), "-i", self.inside, "logoff"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        self.until("the session ends", lambda: self.heard("stopped accounting session"))

    def interims(self):
        session = self.session()
        return session["interims"] if session else 0

    def test_a_session_with_interruptions(self):
        hostapd = self.run_beside("hostapd.out", "hostapd", self.path("hostapd.conf"))
        self.until("On", lambda: [nas[2] for nas in self.server.tables().nases.values()] == [p.ON])
        self.away(1, self.supplicant)
        self.until("Start and 3 Interims", lambda: self.interims() >= 3)
        before = self.interims()
        self.away(4)
        self.until("3 more Interims", lambda: self.interims() >= before + 3)
        self.away(1, self.logoff)
        self.until("Stop", lambda: self.session()["state"] == CLOSED)
        hostapd.terminate()
        self.until("Off", lambda: [nas[2] for nas in self.server.tables().nases.values()] == [p.OFF])
        hostapd.wait(PATIENCE_S)
        self.check()

    def check(self):
        session = self.session()
        words = self.heard("starting accounting session ([0-9A-F]+)")
        self.assertEqual(session["id"].decode(), words.group(1))
        # A Start and a Stop were received, and nothing was invented.
        self.assertEqual(session["flags"] & (1 | 2 | 32 | 64 | 256 | 512), 3, session)
        self.assertGreaterEqual(session["interims"], 6)
        # hostapd measures the session by another clock than that of its time stamps.
        measured = (session["stop_ms"] - session["start_ms"]) / 1000
        self.assertLessEqual(abs(measured - session["session_time_s"]), 1, session)
        tables = self.server.tables()
        totals = tables.check_totals()
        self.assertEqual((totals["sessions"], totals["open"], totals["stopped"]), (1, 0, 1))
        self.assertEqual([nas[0] for nas in tables.nases.values()], [2], "one On and one Off")
        self.capture.close()
        # What was sent while the server was away has no answer; all else is as it must be.
        self.capture.check(all_answered=False)
        for status in (p.START, p.STOP):
            late = self.capture.fields(f"radius.code == 4 && radius.Acct_Status_Type == {status} && radius.Acct_Delay_Time > 0", "frame.number")
            self.assertNotEqual(late, [], f"status {status} was sent again")
        answered = self.capture.fields("radius.code == 5", "frame.number")
        print(f"hostapd: {session['interims']} Interims, {session['session_time_s']} s, {len(answered)} answers", flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
