"""SIGHUP a hundred times under load: no request is lost, though none is sent twice. A broken configuration leaves the old
one in force. SIGTERM and SIGINT end the server in order."""
import signal
import time
import unittest

from support import finally_do
from support import packet as p
from support.client import Client
from support.load import Load
from support.server import PATIENCE_S, Server, client_table

RELOADS = 100
SECRETS = (b"the-first-secret", b"another-secret")


def clients(number):
    return client_table("test", "127.0.0.1") + client_table("changing", "127.0.0.2", SECRETS[number % 2])


class Reload(unittest.TestCase):
    def setUp(self):
        self.server = Server(clients=clients(0))
        finally_do(self.addCleanup, self.server.remove)
        self.server.start()

    def is_in_force(self, secret, seconds=0.1):
        with Client(self.server.address, "127.0.0.2", secret) as client:
            return client.ask(p.status_server(1, secret), seconds) is not None

    def until_in_force(self, secret):
        end = time.monotonic() + PATIENCE_S
        while not self.is_in_force(secret):
            self.assertLess(time.monotonic(), end, f"the new secret does not come in force: {self.server.words()[-2000:]}")

    def test_a_hundred_times_under_load(self):
        # Nothing is sent twice; what has no answer after half a minute is lost.
        load = Load(self.server, "r", window=4, forget_s=30).start()
        for number in range(1, RELOADS + 1):
            self.server.write_config(self.server.text + clients(number))
            self.server.signal(signal.SIGHUP)
            if number % 10 == 0:
                self.until_in_force(SECRETS[number % 2])
            else:
                time.sleep(0.01)
        self.server.write_config(self.server.text + clients(1))
        self.server.signal(signal.SIGHUP)
        self.until_in_force(SECRETS[1])
        self.assertFalse(self.is_in_force(SECRETS[0]))
        load.stop()
        self.assertEqual((load.unanswered, load.requests - load.answers), (0, 0))
        load.check(self.server.tables())
        print(f"{RELOADS} reloads, {load.answers} requests, all answered", flush=True)

    def test_a_broken_configuration_changes_nothing(self):
        for broken in ("listen = 5", "[[client]\n", self.server.text + clients(1) + 'unknown = "key"\n', ""):
            self.server.write_config(broken)
            before = len(self.server.words())
            self.server.signal(signal.SIGHUP)
            end = time.monotonic() + PATIENCE_S
            while len(self.server.words()) == before:
                self.assertLess(time.monotonic(), end, "it says nothing about the broken configuration")
                time.sleep(0.02)
            self.assertTrue(self.is_in_force(SECRETS[0], 5))
            self.assertFalse(self.is_in_force(SECRETS[1]))
        self.server.write_config(self.server.text + clients(1))
        self.server.signal(signal.SIGHUP)
        self.until_in_force(SECRETS[1])

    def test_end(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            load = Load(self.server, f"e{int(number)}-").start()
            while load.answers < 100:
                time.sleep(0.01)
            self.server.signal(number)
            self.assertEqual(self.server.wait(), 0, self.server.words()[-2000:])
            load.stop()
            self.server.start()
            load.check(self.server.tables())


if __name__ == "__main__":
    unittest.main(verbosity=2)
