"""Every row of conformance_rows.py against the server, for a client of each policy. What must not be answered is not,
and is in no log; what is answered is right to the last octet, and is in the log.

With QUIPU_CONTROL=1, Debian's FreeRADIUS gets the same packets, and a table says where it differs."""
import os
import unittest

from conformance_rows import ROWS
from support import finally_do
from support import packet as p
from support.capture import Capture
from support.client import Client
from support.control import FreeRadius
from support.server import Server, client_table

SOURCES = {"liberal": "127.0.0.1", "strict": "127.0.0.2", "skip": "127.0.0.3"}
# RFC 5997, section 6.2, with the code 05 for which its authenticator was made.
VECTOR_SECRET = b"xyzzy5461"
VECTOR_ASKED = bytes.fromhex("0cb30026925f6b66dd5fed571fcb1db7ad388260 5012e8d6eabda910875cd91fdade26367858")
VECTOR_REPLY = bytes.fromhex("05b300140f6f9214 5f107e2f504e860a4860669c")


def clients():
    return "".join([
        client_table("liberal", SOURCES["liberal"]),
        client_table("strict", SOURCES["strict"], policy="strict"),
        client_table("skip", SOURCES["skip"], wrong_lengths="skip"),
        client_table("vector", "127.0.0.4", VECTOR_SECRET),
    ])


def reply_to(address, source, packet, probe):
    """The reply to a packet, or None, with everything else refused. The probe comes from the client "liberal"."""
    with Client(address, source) as client, Client(address) as prober:
        client.send(packet)
        assert prober.before(probe) == []
        return client.receive(0.001)


class Conformance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(clients=clients())
        finally_do(cls.addClassCleanup, cls.server.remove)
        cls.server.start()
        cls.capture = Capture(cls.server.folder, cls.server.port)
        finally_do(cls.addClassCleanup, cls.capture.close)

    def run_rows(self, kind):
        wrong, discarded, answered = [], {}, 0
        before = self.server.tables()
        for number, row in enumerate(ROWS):
            session = f"{kind}-{number}"
            packet = row.build(session)
            probe = p.request(9, p.accounting(p.INTERIM, f"probe-{session}"))
            length = int.from_bytes(packet[2:4], "big") if len(packet) >= 20 else len(packet)
            logged = self.server.times_logged(packet[:length])
            reply = reply_to(self.server.address, row.source or SOURCES[kind], packet, probe)
            expected = getattr(row, kind)
            if (reply is not None) != expected:
                wrong.append(f"{row.rule}: {row.name}: {'not ' if expected else ''}answered")
            elif reply is not None:
                problem = p.wrong_with_reply(reply, packet)
                wrong += [f"{row.rule}: {row.name}: {problem}"] if problem else []
            if not expected:
                discarded[row.counter] = discarded.get(row.counter, 0) + 1
            answered += expected and packet[0] == p.ACCOUNTING_REQUEST
            # Never answered before it is recorded, never silent on what was; Status-Server is no record.
            is_recorded = expected and packet[0] == p.ACCOUNTING_REQUEST
            if length >= 20 and self.server.times_logged(packet[:length]) - logged != int(is_recorded):
                wrong.append(f"{row.rule}: {row.name}: {'not ' if is_recorded else ''}in the log")
        self.assertEqual(wrong, [])
        self.check_counters(kind, before, discarded, answered)

    def check_counters(self, kind, before, discarded, answered):
        names = ("malformed_requests", "bad_authenticators", "bad_message_authenticators", "unknown_types", "responses")
        expected = {name: discarded.get(name, 0) for name in names}
        # The probes come from the client "liberal".
        expected["responses"] = answered + (len(ROWS) if kind == "liberal" else 0)

        def difference(tables):
            return {name: tables.counter(name, kind) - before.counter(name, kind) for name in names}

        after = self.server.counted(lambda tables: difference(tables) == expected)
        self.assertEqual(difference(after), expected)
        strangers = after.counter("invalid_requests") - before.counter("invalid_requests")
        self.assertEqual(strangers, discarded["invalid_requests"])
        self.assertEqual(after.counter("no_records"), 0)

    def test_1_liberal(self):
        self.run_rows("liberal")

    def test_2_strict(self):
        self.run_rows("strict")

    def test_3_skip(self):
        self.run_rows("skip")

    def test_4_sessions_without_an_id_are_not_merged(self):
        ids = [session["id"] for session in self.server.tables().sessions.values()]
        self.assertNotIn(b"", ids)

    def test_5_status_server_vector(self):
        with Client(self.server.address, "127.0.0.4", VECTOR_SECRET) as client:
            self.assertEqual(client.ask(VECTOR_ASKED), VECTOR_REPLY)

    def test_6_replies_as_tshark_sees_them(self):
        """The requests are wrong on purpose, so it judges the replies. It must have seen some, and judged them."""
        self.capture.close()
        valid = self.capture.fields("radius.code == 5 && radius.authenticator.valid == 1 && ip.dst != 127.0.0.4", "frame.number")
        invalid = self.capture.fields("radius.code == 5 && radius.authenticator.invalid == 1 && ip.dst != 127.0.0.4", "frame.number")
        self.assertEqual(invalid, [])
        self.assertGreater(len(valid), 3 * len(ROWS))
        # And it can tell: it finds the requests that were signed with another secret.
        self.assertNotEqual(self.capture.fields("radius.code == 4 && radius.authenticator.invalid == 1", "frame.number"), [])


@unittest.skipUnless(os.environ.get("QUIPU_CONTROL"), "QUIPU_CONTROL=1 compares with FreeRADIUS")
class Control(unittest.TestCase):
    def test_where_freeradius_differs(self):
        with FreeRadius() as control:
            print(f"\n{'rule':5} {'what':52} {'Quipu':10} FreeRADIUS")
            for number, row in enumerate(ROWS):
                with Client(control.address, row.source or "127.0.0.1") as client:
                    client.send(row.build(f"s-{number}"))
                    is_answered = client.receive(0.3) is not None
                words = [("silent", "answered")[answer] for answer in (row.liberal, is_answered)]
                mark = "" if words[0] == words[1] else "  <--"
                print(f"{row.rule:5} {row.name:52} {words[0]:10} {words[1]}{mark}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
