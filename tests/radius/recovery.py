"""What a start costs in calls of the kernel: the log is read in large pieces, not entry by entry."""
import unittest

from support import finally_do
from support.load import Load
from support.server import Server

REQUESTS = 3000


class Recovery(unittest.TestCase):
    def test_a_replay_reads_in_large_pieces(self):
        # Streams that have ended, beside one that goes on: what once cost a look into a folder for each entry.
        server = Server(level="process", head="workers = 2\n")
        finally_do(self.addCleanup, server.remove)
        server.start()
        load = Load(server, "r", retry_s=5).start()
        while load.answers < REQUESTS and load.thread.is_alive():
            load.thread.join(0.05)
        load.stop()
        server.kill()
        calls = f"{server.folder}/calls"
        server.start(["strace", "-f", "-o", calls, "-e", "trace=getdents64,pread64,read,openat"])
        server.stop()
        with open(calls, encoding="utf-8", errors="replace") as file:
            count = sum(1 for _ in file)
        print(f"{load.answers} entries, {count} calls", flush=True)
        self.assertLess(count, load.answers / 4)
        server.start([])
        load.check(server.tables())


if __name__ == "__main__":
    unittest.main(verbosity=2)
