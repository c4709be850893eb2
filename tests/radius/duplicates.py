"""Repetitions (radius.md 1.3): identical ones get identical bytes and change nothing, others with the same identifier are
new, and repetitions with another Acct-Delay-Time are recognised by what they say."""
import os
import time
import unittest

from support import finally_do
from support import packet as p
from support.capture import Capture
from support.client import Client
from support.server import Server

PAUSES_S = (0, 0.05, 1.2, 3, 6) if os.environ.get("QUIPU_LONG") else (0, 0.05, 1.2, 2)


class Duplicates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        finally_do(cls.addClassCleanup, cls.server.remove)
        cls.server.start()
        cls.capture = Capture(cls.server.folder, cls.server.port)
        finally_do(cls.addClassCleanup, cls.capture.close)

    @classmethod
    def tearDownClass(cls):
        cls.capture.close()
        cls.capture.check()

    def setUp(self):
        self.client = Client(self.server.address)
        self.addCleanup(self.client.close)

    def test_identical_requests_are_recorded_once(self):
        attributes = p.accounting(p.STOP, "same", input_octets=1000, session_time=10) + p.octets(p.PROXY_STATE, b"x")
        packet = p.request(1, attributes)
        first = self.client.ask(packet)
        before = self.server.tables()
        for pause in PAUSES_S:
            time.sleep(pause)
            self.assertEqual(self.client.ask(packet), first)
        # One record in the log for all of them.
        self.assertEqual(self.server.times_logged(packet), 1)
        count = before.counter("dup_requests", "test") + len(PAUSES_S)
        after = self.server.counted(lambda tables: tables.counter("dup_requests", "test") == count)
        self.assertEqual(after.counter("dup_requests", "test"), count)
        self.assertEqual(after.sessions, before.sessions)
        self.assertEqual(after.totals, before.totals)
        self.assertEqual(after.only("same")["input_octets"], 1000)
        after.check_totals()

    def test_the_same_identifier_with_another_authenticator_is_new(self):
        for number in range(20):
            packet = p.request(5, p.accounting(p.STOP, f"burst-{number}", input_octets=1))
            self.assertIsNotNone(self.client.ask(packet))
        tables = self.server.tables()
        self.assertEqual(sum(len(tables.of(f"burst-{number}")) for number in range(20)), 20)
        self.assertEqual(tables.counter("no_records"), 0)

    def test_the_same_packet_from_another_port_is_another_request(self):
        packet = p.request(6, p.accounting(p.STOP, "ports", input_octets=7))
        with Client(self.server.address) as other:
            self.assertEqual(self.client.ask(packet), other.ask(packet))
        tables = self.server.tables()
        self.assertEqual(tables.only("ports")["input_octets"], 7)
        tables.check_totals()

    def test_a_repetition_with_another_delay_changes_nothing(self):
        """As a NAS sends it: another Acct-Delay-Time, so another identifier and authenticator."""
        self.client.account(p.START, "late", delay_time=3)
        self.client.account(p.STOP, "late", delay_time=0, input_octets=50, output_octets=60, session_time=3)
        before = self.server.tables()
        for delay in (1, 2):
            time.sleep(1)
            self.client.account(p.STOP, "late", delay_time=delay, input_octets=50, output_octets=60, session_time=3)
        after = self.server.counted(lambda tables: tables.counter("semantic_repetitions", "test") >= 2)
        hidden = ("last_arrival_ms", "lsn", "checksum", "last_event_ms", "stop_ms", "counted_ms")
        strip = lambda session: {name: value for name, value in session.items() if name not in hidden}
        self.assertEqual(strip(after.only("late")), strip(before.only("late")))
        # Its times are those of the same second.
        self.assertLess(abs(after.only("late")["stop_ms"] - before.only("late")["stop_ms"]), 2000)
        self.assertGreaterEqual(after.counter("semantic_repetitions", "test"), 2)
        after.check_totals()


if __name__ == "__main__":
    unittest.main(verbosity=2)
