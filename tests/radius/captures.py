"""What real NASes sent, from the captures of the npm package `radius` (QUIPU_NPM is where it is installed)."""
import os
import unittest

from support import finally_do
from support import packet as p
from support.client import Client
from support.server import Server, client_table

SECRET = b"nearbuy"
CISCO_REPLY = bytes.fromhex("051200147200b91c3821f6c71db3e82d7bfd0029")


def capture(name):
    folder = os.path.join(os.environ["QUIPU_NPM"], "node_modules", "radius", "test", "captures")
    with open(os.path.join(folder, f"{name}.packet"), "rb") as file:
        return file.read()


class Captures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(clients=client_table("test", "127.0.0.1") + client_table("nearbuy", "127.0.0.2", SECRET))
        finally_do(cls.addClassCleanup, cls.server.remove)
        cls.server.start()

    def setUp(self):
        self.client = Client(self.server.address, "127.0.0.2", SECRET)
        self.addCleanup(self.client.close)

    def test_cisco_is_answered_as_it_was_then(self):
        self.assertEqual(capture("cisco_accounting_response"), CISCO_REPLY)
        self.assertEqual(self.client.ask(capture("cisco_accounting")), CISCO_REPLY)
        session = self.server.tables().only("4fecc41e/7c:c5:37:ff:f8:af/9")
        self.assertIn((p.NAS_IDENTIFIER, b"Cisco 4400 (Anchor)"), session["attributes"])
        self.assertEqual(session["nas"], b"4\x0a\x00\x03\x04")

    def test_motorola_is_answered(self):
        self.assertIsNotNone(self.client.ask(capture("motorola_accounting")))
        session = self.server.tables().only("1970D5A4-001F3B8C3A15-0000000001")
        self.assertIn((p.USER_NAME, b"00-1F-3B-8C-3A-15"), session["attributes"])
        # Its clock stands in 2012, and is not believed.
        self.assertLess(session["last_arrival_ms"] - session["start_ms"], 86_400_000)

    def test_what_is_no_request_is_not_answered(self):
        self.client.send(capture("invalid_register"))
        self.assertEqual(self.client.before(p.request(1, p.accounting(p.INTERIM, "probe"), SECRET)), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
