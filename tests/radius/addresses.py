"""The reply comes from the address that was asked (P10), whichever the listener is bound to: the clients are connected
sockets, which receive from nobody else. And a duplicate is known by the address that was asked."""
import unittest

from support import finally_do
from support import packet as p
from support.client import Client
from support.server import Server, client_table

CLIENTS = client_table("four", "127.0.0.0/8") + client_table("six", "::1")


class Addresses(unittest.TestCase):
    def ask_all(self, listen, head=""):
        server = Server(listen=listen, clients=CLIENTS, head=head)
        finally_do(self.addCleanup, server.remove)
        server.address = ("127.0.0.1", server.port)
        server.start()
        asked = [("127.0.0.1", "127.0.0.1"), ("127.0.0.2", "127.0.0.1"), ("127.0.0.2", "127.0.0.77"), ("127.1.2.3", "127.0.0.1")]
        if "::" in listen or "::1" in listen:
            asked.append(("::1", "::1"))
        for number, (target, source) in enumerate(asked):
            with Client((target, server.port), source) as client:
                for status in (p.START, p.INTERIM, p.STOP):
                    self.assertIsNotNone(client.account(status, f"s-{number}", input_octets=1), f"{source} to {target}")
        tables = server.tables()
        self.assertEqual(len(tables.sessions), len(asked))
        tables.check_totals()
        return server

    def test_wildcard_of_both_kinds(self):
        self.ask_all(("::",))

    def test_wildcard_of_ipv4(self):
        self.ask_all(("0.0.0.0",))

    def test_several_listeners_and_workers(self):
        self.ask_all(("0.0.0.0", "::1"), "workers = 2\n")

    def test_the_same_packet_to_another_address_is_another_request(self):
        server = self.ask_all(("::",))
        packet = p.request(200, p.accounting(p.STOP, "twice", input_octets=3))
        before = server.tables().counter("dup_requests", "four")
        with Client(("127.0.0.1", server.port)) as one:
            port = one.socket.getsockname()[1]
            self.assertIsNotNone(one.ask(packet))
        with Client(("127.0.0.2", server.port), port=port) as other:
            self.assertIsNotNone(other.ask(packet))
        tables = server.tables()
        self.assertEqual(tables.counter("dup_requests", "four"), before)
        self.assertEqual(tables.only("twice")["input_octets"], 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
