"""Start, Interim-Update and Stop of thousands of sessions by three clients that others wrote. Every request is answered,
every number in the tables is exact, and tshark finds nothing wrong on the wire."""
import os
import subprocess
import unittest

from support import finally_do
from support import packet as p
from support.capture import Capture
from support.server import Server
from support.tables import CLOSED

SESSIONS = 10_000
HERE = os.path.dirname(os.path.abspath(__file__))


def expected(session):
    """What a session is at its end: that of the second counted report."""
    return {"input_octets": 2000 + session, "output_octets": (2 << 32) + 7 * session, "input_packets": 20,
            "output_packets": session, "session_time_s": 120}


def radclient_file(path, prefix):
    """The same requests in the language of radclient."""
    with open(path, "w", encoding="ascii") as file:
        for session in range(SESSIONS):
            for step, status in enumerate(("Start", "Interim-Update", "Stop")):
                lines = [f"NAS-IP-Address = 10.0.0.{1 + session % 16}", f'User-Name = "user-{session % 100}"',
                         f'Acct-Session-Id = "{prefix}{session}"', f"Acct-Status-Type = {status}"]
                if step:
                    lines += [f"Acct-Session-Time = {60 * step}", f"Acct-Input-Octets = {1000 * step + session}",
                              f"Acct-Output-Octets = {7 * session}", f"Acct-Output-Gigawords = {step}",
                              f"Acct-Input-Packets = {10 * step}", f"Acct-Output-Packets = {session}"]
                file.write("\n".join(lines) + "\n\n")


class LifeCycles(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        finally_do(self.addCleanup, self.server.remove)
        self.server.start()
        self.capture = Capture(self.server.folder, self.server.port)
        finally_do(self.addCleanup, self.capture.close)

    def run_client(self, command):
        result = subprocess.run(command, capture_output=True, text=True, timeout=600)
        self.assertEqual(result.returncode, 0, result.stderr + result.stdout)
        return result.stdout

    def check(self, prefix):
        self.capture.close()
        requests, _ = self.capture.check()
        self.assertGreaterEqual(requests, 3 * SESSIONS)
        tables = self.server.tables()
        self.assertEqual(len(tables.sessions), SESSIONS)
        for session in tables.sessions.values():
            number = int(session["id"].decode().removeprefix(prefix))
            wanted = expected(number)
            self.assertEqual({name: session[name] for name in wanted}, wanted, session)
            self.assertEqual(session["state"], CLOSED)
            # Whatever the order in which they came, a Start and a Stop were seen.
            self.assertEqual(session["flags"] & 3, 3)
        totals = tables.check_totals()
        for name in expected(0):
            self.assertEqual(totals[name], sum(expected(number)[name] for number in range(SESSIONS)), name)
        self.assertEqual((totals["sessions"], totals["open"], totals["stopped"]), (SESSIONS, 0, SESSIONS))
        users = [total["sessions"] for key, total in tables.totals.items() if key[:1] == b"u"]
        self.assertEqual((len(users), sum(users)), (100, SESSIONS))
        self.assertEqual(tables.counter("no_records"), 0)
        self.assertGreaterEqual(tables.counter("requests", "test"), 3 * SESSIONS)
        print(f"{SESSIONS} life cycles, {requests} requests on the wire", flush=True)

    def test_radclient(self):
        path = os.path.join(self.server.folder, "requests")
        radclient_file(path, "r")
        said = self.run_client(["radclient", "-q", "-s", "-p", "64", "-r", "15", "-t", "2", "-f", path,
                                f"127.0.0.1:{self.server.port}", "acct", p.SECRET.decode()])
        self.assertIn(f"Accepted      : {3 * SESSIONS}", said)
        self.assertIn("Lost          : 0", said)
        self.check("r")

    def test_pyrad(self):
        said = self.run_client(["/usr/bin/python3", os.path.join(HERE, "pyrad_client.py"), str(self.server.port),
                                p.SECRET.decode(), str(SESSIONS), "p"])
        self.assertEqual(int(said), 3 * SESSIONS)
        self.check("p")

    def test_npm(self):
        module = os.path.join(os.environ["QUIPU_NPM"], "node_modules", "radius")
        said = self.run_client(["node", os.path.join(HERE, "npm_client.js"), module, str(self.server.port),
                                p.SECRET.decode(), str(SESSIONS), "n"])
        self.assertEqual(int(said), 3 * SESSIONS)
        self.check("n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
