"""A log that cannot be written: nobody is answered, not even a Status-Server, until it can be written again."""
import os
import subprocess
import time
import unittest

from support import finally_do
from support import packet as p
from support.client import Client
from support.server import PATIENCE_S, Server
from support.trace import Trace


class Faults(unittest.TestCase):
    def silent(self, server, client, packets):
        """None of them is answered, nor a Status-Server."""
        for packet in packets:
            client.send(packet)
        self.assertFalse(server.is_alive(1))
        self.assertIsNone(client.receive(1))
        self.assertIsNone(server.process.poll(), "it must not end")

    def until_it_answers(self, server):
        end = time.monotonic() + PATIENCE_S
        while not server.is_alive(1):
            self.assertLess(time.monotonic(), end, f"it does not come back: {server.words()[-2000:]}")

    def after(self, server, client, packets, session_count):
        """What was not answered is sent again, and counts once."""
        for packet in packets:
            self.assertIsNotNone(client.ask(packet, attempts=3))
        tables = server.tables()
        self.assertEqual(len(tables.sessions), session_count)
        totals = tables.check_totals()
        self.assertEqual(tables.counter("no_records"), 0)
        # And after a restart, all of it comes from the log.
        server.kill()
        server.start()
        again = server.tables()
        self.assertEqual(again.check_totals(), totals)
        self.assertEqual(len(again.sessions), session_count)

    def broken_call(self, call, level):
        server = Server(level=level)
        finally_do(self.addCleanup, server.remove)
        server.start()
        client = Client(server.address)
        self.addCleanup(client.close)
        for number in range(10):
            self.assertIsNotNone(client.account(p.STOP, f"before-{number}", input_octets=5))
        packets = [p.request(100 + number, p.accounting(p.STOP, f"during-{number}", input_octets=9)) for number in range(10)]
        with Trace(server, "-e", f"trace={call}", "-e", f"inject={call}:error=EIO"):
            client.send(packets[0])
            self.assertIsNone(client.receive(1))
            self.silent(server, client, packets)
        self.until_it_answers(server)
        self.after(server, client, packets, 20)

    def test_eio_of_fdatasync(self):
        self.broken_call("fdatasync", "power")

    def test_eio_of_pwrite(self):
        self.broken_call("pwrite64", "process")

    def test_a_full_disk(self):
        disk = os.path.join("/tmp", f"quipu-test-disk-{os.getpid()}")
        os.mkdir(disk)
        finally_do(self.addCleanup, os.rmdir, disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", disk], check=True)
        finally_do(self.addCleanup, subprocess.run, ["umount", "-l", disk])
        server = Server(level="power", log_folder=os.path.join(disk, "log"))
        finally_do(self.addCleanup, server.remove)
        server.start()
        client = Client(server.address)
        self.addCleanup(client.close)
        answered = 0
        packets = []
        # A few kilobytes each: a few thousand fill the disk.
        for number in range(5000):
            more = p.octets(250, os.urandom(253)) * 12
            packet = p.request(number % 256, p.accounting(p.STOP, f"s-{number}", input_octets=3) + more)
            if client.ask(packet, 2) is None:
                packets.append(packet)
                break
            answered += 1
        self.assertEqual(len(packets), 1, "the disk was not filled")
        self.silent(server, client, packets)
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        self.until_it_answers(server)
        print(f"{answered} requests until the disk was full", flush=True)
        self.after(server, client, packets, answered + 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
