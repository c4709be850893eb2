"""What packets come to in the tables, where servers differ (radius.md 1.4 and 2.3)."""
import unittest

from support import finally_do
from support import packet as p
from support.capture import Capture
from support.client import Client
from support.server import Server, client_table
from support.tables import CLOSED, CLOSED_BY_NAS, OPEN

GIB4 = 1 << 32
# RFC 2866, section 5.12: id, status, link count. Complete exactly at the 8th.
MULTILINK = [("10", p.START, 1), ("11", p.START, 2), ("11", p.STOP, 2), ("12", p.START, 3), ("13", p.START, 4),
             ("12", p.STOP, 4), ("13", p.STOP, 4), ("10", p.STOP, 4)]


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(clients=client_table("test", "127.0.0.1") + client_table("resets", "127.0.0.2", detect_wraps=False))
        finally_do(cls.addClassCleanup, cls.server.remove)
        cls.server.start()
        cls.capture = Capture(cls.server.folder, cls.server.port)
        finally_do(cls.addClassCleanup, cls.capture.close)

    @classmethod
    def tearDownClass(cls):
        cls.capture.close()
        cls.capture.check()
        cls.server.tables().check_totals()

    def account(self, status, session, source="127.0.0.1", **more):
        with Client(self.server.address, source) as client:
            self.assertIsNotNone(client.account(status, session, **more), f"status {status} of {session} was not answered")

    def session(self, session):
        return self.server.tables().only(session)

    def test_interim_after_stop(self):
        self.account(p.STOP, "after", input_octets=5, output_octets=5)
        self.account(p.INTERIM, "after", input_octets=9)
        session = self.session("after")
        self.assertEqual((session["state"], session["input_octets"], session["output_octets"]), (CLOSED, 9, 5))

    def test_late_interim_lowers_nothing(self):
        self.account(p.INTERIM, "late", input_octets=500, session_time=100)
        self.account(p.INTERIM, "late", input_octets=300, session_time=60, delay_time=40)
        session = self.session("late")
        self.assertEqual((session["input_octets"], session["session_time_s"]), (500, 100))

    def test_stop_without_counters_keeps_the_last(self):
        self.account(p.INTERIM, "bare", input_octets=7, input_gigawords=1, output_octets=8, output_gigawords=2)
        self.account(p.STOP, "bare")
        session = self.session("bare")
        self.assertEqual((session["state"], session["input_octets"], session["output_octets"]), (CLOSED, GIB4 + 7, 2 * GIB4 + 8))

    def test_counters_that_begin_again(self):
        """2^32 are added, unless the client's configuration says that its counters are reset."""
        for source, name, expected in (("127.0.0.1", "wraps", GIB4 + 50), ("127.0.0.2", "resets", 4_000_000_000)):
            self.account(p.INTERIM, name, source, input_octets=4_000_000_000, session_time=10, delay_time=20)
            self.account(p.INTERIM, name, source, input_octets=50, session_time=20)
            self.assertEqual(self.session(name)["input_octets"], expected)

    def test_without_a_start(self):
        self.account(p.INTERIM, "unseen", session_time=3600)
        session = self.session("unseen")
        self.assertTrue(session["flags"] & 32)
        self.assertAlmostEqual(session["last_event_ms"] - session["start_ms"], 3_600_000, delta=1000)
        # The Start is late, says the same time, and is believed.
        self.account(p.START, "unseen", delay_time=3600)
        session = self.session("unseen")
        self.assertEqual(session["flags"] & (1 | 32), 1)
        self.assertEqual(session["state"], OPEN)

    def test_late_start_reopens_nothing(self):
        self.account(p.STOP, "order", session_time=60)
        self.account(p.START, "order", delay_time=60)
        self.assertEqual(self.session("order")["state"], CLOSED)

    def test_an_id_that_is_used_again(self):
        self.account(p.START, "again", delay_time=1000)
        self.account(p.STOP, "again", delay_time=900, session_time=100, input_octets=11)
        self.account(p.START, "again")
        self.account(p.INTERIM, "again", input_octets=3)
        sessions = {session["is_earlier"]: session for session in self.server.tables().of("again")}
        self.assertEqual({earlier: s["input_octets"] for earlier, s in sessions.items()}, {True: 11, False: 3})
        self.assertEqual((sessions[True]["state"], sessions[False]["state"]), (CLOSED, OPEN))

    def test_on_closes_what_was_open(self):
        for number in range(10):
            self.account(p.START, f"boot-{number}", nas="10.7.7.7", delay_time=100)
        self.account(p.START, "elsewhere", nas="10.7.7.8", delay_time=100)
        self.account(p.ON, "boot", user=None, nas="10.7.7.7")
        tables = self.server.tables()
        states = {tables.only(f"boot-{number}")["state"] for number in range(10)}
        self.assertEqual(states, {CLOSED_BY_NAS})
        self.assertEqual(tables.only("elsewhere")["state"], OPEN)
        self.account(p.START, "boot-0-new", nas="10.7.7.7")
        self.assertEqual(self.session("boot-0-new")["state"], OPEN)

    def test_odd_status_types_change_no_session(self):
        self.account(p.START, "odd")
        before = self.session("odd")
        for status in (9, 10, 15, 200):
            self.account(status, "odd", input_octets=99)
        self.assertEqual(self.session("odd"), before)

    def test_addresses_of_both_kinds(self):
        with Client(self.server.address) as client:
            more = p.octets(168, b"\x20\x01" + bytes(14)) + p.octets(97, b"\x00\x40" + b"\x20\x01" + bytes(6))
            more += p.octets(123, b"\x00\x38" + bytes(7)) + p.octets(p.CLASS, b"one") + p.octets(p.CLASS, b"two")
            attributes = p.accounting(p.START, "addresses") + p.octets(p.FRAMED_IP_ADDRESS, bytes([10, 1, 2, 3])) + more
            self.assertIsNotNone(client.ask(p.request(1, attributes)))
        session = self.session("addresses")
        self.assertEqual(session["framed_ip"], "10.1.2.3")
        self.assertEqual([value for kind, value in session["attributes"] if kind == p.CLASS], [b"one", b"two"])
        self.assertEqual(sum(kind in (97, 123, 168) for kind, _ in session["attributes"]), 3)

    def test_multilink_vector(self):
        complete = []
        for step, (session, status, links) in enumerate(MULTILINK, 1):
            more = p.text(p.MULTI_SESSION_ID, "10") + p.number(p.LINK_COUNT, links)
            with Client(self.server.address) as client:
                attributes = p.accounting(status, f"ml-{session}", nas="10.5.5.5") + more
                self.assertIsNotNone(client.ask(p.request(1, attributes)))
            [(key, (_, stopped, largest))] = self.server.tables().bundles.items()
            self.assertEqual(key[-2:], b"10")
            if stopped >= largest:
                complete.append(step)
        self.assertEqual(complete, [8])


if __name__ == "__main__":
    unittest.main(verbosity=2)
