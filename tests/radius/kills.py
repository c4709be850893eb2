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
    restarts = False

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
        load = Load(server, f"k{len(loads)}-", chance.random(), forget_s=0.3, restarts=self.restarts).start()
        loads.append(load)
        time.sleep(chance.uniform(0.02, 0.4))
        server.kill()
        load.stop()
        is_interrupted = chance.random() < 0.5
        if is_interrupted:
            # Once more, while it recovers.
            server.spawn()
            time.sleep(chance.uniform(0, 0.15))
            server.kill()
        server.start()
        tables = server.settled()
        for earlier in loads:
            earlier.check(tables)
        self.repeat(server, load, tables, is_interrupted)

    def repeat(self, server, load, before, is_interrupted):
        """The newest answers, which the client might have lost."""
        for (ip, port), packet, reply in load.kept[-REPEATED:]:
            with Client(server.address, ip, port=port) as client:
                self.assertEqual(client.ask(packet), reply)
        after = server.settled()
        self.assertEqual(after.totals, before.totals)
        # Answers are known over one restart. Beyond, a repetition is merged again: no number changes, but its time.
        if is_interrupted:
            return
        ignored = ("last_arrival_ms", "lsn", "checksum")
        for key, session in after.sessions.items():
            for name, value in session.items():
                if name not in ignored:
                    self.assertEqual(value, before.sessions[key][name], f"{name} of {key}")

    def test_process(self):
        self.run_level("process")

    def test_power(self):
        self.run_level("power", workers=2)


class KillsAmidRestarts(Kills):
    """The same, while a NAS starts again and again, and a sweep writes down what that has closed."""

    restarts = True


if __name__ == "__main__":
    unittest.main(verbosity=2)
