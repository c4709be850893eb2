"""Level `power`, as the kernel sees it: no answer leaves before what it answers is written and synced."""
import re
import unittest

from support import finally_do
from support.load import Load
from support.server import Server
from support.trace import Trace

CALL = re.compile(r"^(\d+) +(\w+)\((.*)")
SENDING = ("sendmmsg", "sendmsg", "sendto")


class Order(unittest.TestCase):
    def sends_of(self, lines, log):
        """For each call that sends: whether the log was written since the one before, and whether all of it was synced."""
        found, written, unsynced = [], {}, {}
        for line in lines:
            match = CALL.match(line)
            # The end of a call that another thread interrupted: its beginning counted.
            if match is None:
                continue
            thread, call, rest = match.groups()
            if call in SENDING:
                found.append((written.get(thread, False), unsynced.get(thread, False)))
                written[thread] = False
            elif log in rest.split(">")[0]:
                if call in ("pwrite64", "pwritev", "pwritev2", "write"):
                    written[thread] = unsynced[thread] = True
                elif call in ("fdatasync", "fsync") and "= -1" not in line:
                    unsynced[thread] = False
        return found

    def trace(self, level):
        server = Server(level=level, head="workers = 2\n")
        finally_do(self.addCleanup, server.remove)
        server.start()
        calls = "pwrite64,pwritev,pwritev2,write,fdatasync,fsync,sendmmsg,sendmsg,sendto"
        with Trace(server, "-e", f"trace={calls}") as trace:
            load = Load(server, "o", retry_s=5).start()
            while load.answers < 500 and load.thread.is_alive():
                load.thread.join(0.05)
            load.stop()
        load.check(server.tables())
        found = self.sends_of(trace.lines(), server.log_folder)
        print(f"level {level}: {load.answers} answers in {len(found)} calls", flush=True)
        self.assertGreater(len(found), 20)
        return found

    def test_power(self):
        for was_written, is_unsynced in self.trace("power"):
            self.assertTrue(was_written, "sent without a write to the log before")
            self.assertFalse(is_unsynced, "sent before the log was synced")

    def test_process(self):
        """Written, and not synced: so the test above can tell."""
        found = self.trace("process")
        self.assertTrue(all(was_written for was_written, _ in found))
        self.assertTrue(any(is_unsynced for _, is_unsynced in found))


if __name__ == "__main__":
    unittest.main(verbosity=2)
