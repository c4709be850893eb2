"""kill -9 exactly between the steps of an answer, by strace, which kills at the entry of a call: after the tables were
changed and before the log is written, before it is synced, before the answer is sent. Then the server is started again,
and the same bytes are sent once more."""
import unittest

from support import finally_do
from support import packet as p
from support.client import Client
from support.server import Server
from support.trace import Trace


class Instants(unittest.TestCase):
    def die_at(self, call, level):
        server = Server(level=level)
        finally_do(self.addCleanup, server.remove)
        server.start()
        client = Client(server.address)
        self.addCleanup(client.close)
        client.account(p.START, "known")
        client.account(p.INTERIM, "known", input_octets=100, session_time=1)
        before = server.tables()
        packet = p.request(77, p.accounting(p.STOP, "known", input_octets=700, session_time=2))
        with Trace(server, "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when=1"):
            self.assertIsNone(client.ask(packet, 1), f"killed at {call}, and answered")
            self.assertEqual(server.wait(), -9)
        server.start()
        return server, client, packet, before

    def finish(self, server, client, packet):
        """The client sends again what nobody answered."""
        reply = client.ask(packet)
        self.assertIsNotNone(reply)
        after = server.tables()
        self.assertEqual(after.only("known")["input_octets"], 700)
        self.assertEqual(after.only("known")["state"], 3)
        totals = after.check_totals()
        self.assertEqual((totals["input_octets"], totals["sessions"], totals["stopped"]), (700, 1, 1))
        # And once more, as if the answer had been lost.
        self.assertEqual(client.ask(packet), reply)
        self.assertEqual(server.tables().totals, after.totals)

    def test_before_the_log_is_written(self):
        server, client, packet, before = self.die_at("pwrite64", "process")
        # The log knows nothing of it, so the tables must not: they are a cache of the log.
        tables = server.tables()
        self.assertEqual(tables.only("known")["input_octets"], 100)
        self.assertEqual(tables.totals, before.totals)
        self.assertEqual(server.times_logged(packet), 0)
        self.finish(server, client, packet)

    def test_before_the_log_is_synced(self):
        server, client, packet, _ = self.die_at("fdatasync", "power")
        server.tables().check_totals()
        self.finish(server, client, packet)

    def test_before_the_answer_is_sent(self):
        for level in ("process", "power"):
            with self.subTest(level=level):
                server, client, packet, _ = self.die_at("sendmmsg", level)
                # It is in the log: so it is in the tables before anybody sends it again.
                tables = server.tables()
                self.assertEqual(tables.only("known")["input_octets"], 700)
                tables.check_totals()
                self.finish(server, client, packet)


if __name__ == "__main__":
    unittest.main(verbosity=2)
