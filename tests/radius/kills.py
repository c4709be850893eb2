"""kill -9 at random instants under load, at levels `process` and `power`: after the restart everything acknowledged is in
the tables, all totals are sums over sessions, and what was answered is answered with the same bytes and changes nothing."""
import os
import random
import time
import unittest

from support.client import Client
from support.load import Load
from support.server import Server

# 200 and 20 by the two levels.
KILLS = 100 if os.environ.get("QUIPU_LONG") else 10
KILLS_PER_SERVER = 10
REPEATED = 20


class Kills(unittest.TestCase):
    def run_level(self, level, workers=1):
        seed = int(os.environ.get("QUIPU_SEED", time.time_ns() % 1_000_000))
        print(f"level {level}: QUIPU_SEED={seed}", flush=True)
        chance = random.Random(seed)
        kills, answers = 0, 0
        while kills < KILLS:
            server = Server(level=level, head=f"workers = {workers}\n")
            try:
                server.start()
                loads = []
                for _ in range(min(KILLS_PER_SERVER, KILLS - kills)):
                    self.one_kill(server, loads, chance)
                    kills += 1
                answers += sum(load.answers for load in loads)
            except BaseException:
                print(server.words()[-3000:])
                raise
            finally:
                server.remove()
        self.assertGreater(answers, 20 * KILLS, "there was no load to speak of")
        print(f"level {level}: {kills} kills, {answers} acknowledged, none lost", flush=True)

    def one_kill(self, server, loads, chance):
        load = Load(server, f"k{len(loads)}-", chance.random(), forget_s=0.3).start()
        loads.append(load)
        time.sleep(chance.uniform(0.02, 0.4))
        server.kill()
        load.stop()
        server.start()
        tables = server.tables()
        for earlier in loads:
            earlier.check(tables)
        self.repeat(server, load, tables)

    def repeat(self, server, load, before):
        """The newest answers, which the client might have lost."""
        for (ip, port), packet, reply in load.kept[-REPEATED:]:
            with Client(server.address, ip) as client:
                client.socket.close()
                client.socket = bound(ip, port, server.address)
                self.assertEqual(client.ask(packet), reply)
        after = server.tables()
        self.assertEqual(after.totals, before.totals)
        ignored = ("last_arrival_ms", "lsn", "checksum")
        for key, session in after.sessions.items():
            for name, value in session.items():
                if name not in ignored:
                    self.assertEqual(value, before.sessions[key][name], f"{name} of {key}")

    def test_process(self):
        self.run_level("process")

    def test_power(self):
        self.run_level("power", workers=2)


def bound(ip, port, target):
    import socket
    again = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    again.bind((ip, port))
    again.connect(target)
    return again


if __name__ == "__main__":
    unittest.main(verbosity=2)
