"""pamtester opens and closes sessions through Debian's libpam-radius-auth, which accounts for them."""
import os
import re
import subprocess
import unittest

from support import finally_do
from support import packet as p
from support.capture import Capture
from support.server import Server
from support.tables import CLOSED

LOGINS = 20


class Pam(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        finally_do(self.addCleanup, self.server.remove)
        self.server.start()
        self.capture = Capture(self.server.folder, self.server.port)
        finally_do(self.addCleanup, self.capture.close)
        self.service = f"quipu-test-{os.getpid()}"
        secrets = os.path.join(self.server.folder, "pam_radius_auth.conf")
        # It takes the port of authentication, and accounts one above it.
        self.write(secrets, f"127.0.0.1:{self.server.port - 1} {p.SECRET.decode()} 5\n")
        # Accounting only: whoever comes is let in.
        policy = f"/etc/pam.d/{self.service}"
        finally_do(self.addCleanup, os.unlink, policy)
        self.write(policy, "auth required pam_permit.so\naccount required pam_permit.so\n"
                           f"session required pam_radius_auth.so conf={secrets}\n")

    def write(self, path, text):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, 0o600)

    def pamtester(self, *operations):
        command = ["pamtester", self.service, "root", *operations]
        result = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_start_and_stop(self):
        for _ in range(LOGINS):
            self.pamtester("open_session", "close_session")
        # A session that is not closed.
        self.pamtester("open_session")
        self.capture.close()
        requests, _ = self.capture.check()
        self.assertGreaterEqual(requests, 2 * LOGINS + 1)
        tables = self.server.tables()
        # The id is the number of the process, which may come twice; then it is another session with that id.
        self.assertEqual(len(tables.sessions), LOGINS + 1)
        closed = [session for session in tables.sessions.values() if session["state"] == CLOSED]
        self.assertEqual(len(closed), LOGINS)
        for session in tables.sessions.values():
            self.assertTrue(session["flags"] & 1, "a Start was seen")
            self.assertIn((p.USER_NAME, b"root"), session["attributes"])
            self.assertTrue(re.fullmatch(rb"\d+", session["id"]), session["id"])
        totals = tables.check_totals()
        self.assertEqual((totals["sessions"], totals["open"], totals["stopped"]), (LOGINS + 1, 1, LOGINS))


if __name__ == "__main__":
    unittest.main(verbosity=2)
