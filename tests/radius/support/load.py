"""Load from many sockets, which keeps what was acknowledged: the truth that the tables are compared with."""
import random
import select
import threading
import time

from support import packet as p
from support.client import Client

CLIENTS = 4
USERS = 8
# Of a session: Start, Interims, Stop.
REPORTS = 8
RESTART_EVERY = 150


class Load:
    """Sessions that report in turn, each request once unless `retries`. Runs in a thread until it is stopped."""

    def __init__(self, server, prefix, seed=1, retry_s=None, window=8, forget_s=1, restarts=False):
        self.server, self.prefix, self.retry_s, self.window = server, prefix, retry_s, window
        self.forget_s, self.restarts = forget_s, restarts
        self.random = random.Random(seed)
        # By session: the acknowledged counters, the highest that were sent, and the acknowledged status types.
        self.acknowledged, self.sent = {}, {}
        self.kept = []
        self.answers, self.requests, self.wrong = 0, 0, []
        self.is_over = threading.Event()
        # A test that fails does not wait for it.
        self.thread = threading.Thread(target=self.run, daemon=True)

    def start(self):
        self.thread.start()
        return self

    def stop(self):
        self.is_over.set()
        self.thread.join()
        assert self.wrong == [], self.wrong[:5]
        return self

    def run(self):
        clients = [Client(self.server.address) for _ in range(CLIENTS)]
        waiting = [{} for _ in clients]
        number = 0
        while not self.is_over.is_set():
            for client, open_requests in zip(clients, waiting):
                while len(open_requests) < self.window:
                    number += 1
                    self.send(client, open_requests, number)
            self.receive(clients, waiting, 0.02)
            self.give_up(clients, waiting)
        self.finish(clients, waiting)
        for client in clients:
            client.close()

    def send(self, client, open_requests, number):
        if self.restarts and number % RESTART_EVERY == 0:
            return self.send_on(client, open_requests)
        index, step = divmod(number, REPORTS)
        session = f"{self.prefix}{index}"
        status = {0: p.START, REPORTS - 1: p.STOP}.get(step, p.INTERIM)
        octets = 100 * step + self.random.randrange(50)
        attributes = p.accounting(status, session, user=f"{self.prefix}user-{index % USERS}", nas=f"10.0.1.{index % 3 + 1}",
                                  input_octets=octets, output_octets=2 * octets, session_time=step)
        if index % 5 == 0:
            attributes += p.text(p.MULTI_SESSION_ID, f"{self.prefix}{index // 20}") + p.number(p.LINK_COUNT, 2)
        packet = p.request(client.next_identifier(), attributes, client.secret)
        sent = self.sent.setdefault(session, [0, set()])
        sent[0] = max(sent[0], octets)
        sent[1].add(status)
        self.requests += 1
        open_requests[packet[1]] = (packet, session, status, octets, time.monotonic())
        client.send(packet)

    def send_on(self, client, open_requests):
        """One of the NASes starts again, amid its sessions."""
        packet = p.request(client.next_identifier(), p.accounting(p.ON, None, user=None, nas="10.0.1.1"), client.secret)
        self.requests += 1
        open_requests[packet[1]] = (packet, None, p.ON, 0, time.monotonic())
        client.send(packet)

    def receive(self, clients, waiting, seconds):
        ready, _, _ = select.select([client.socket for client in clients], [], [], seconds)
        for client, open_requests in zip(clients, waiting):
            if client.socket not in ready:
                continue
            client.socket.setblocking(False)
            try:
                while True:
                    self.take(client, open_requests, client.socket.recv(4096))
            except (BlockingIOError, ConnectionRefusedError):
                pass

    def take(self, client, open_requests, reply):
        asked = open_requests.get(reply[1])
        if asked is None:
            return
        packet, session, status, octets, _ = asked
        wrong = p.wrong_with_reply(reply, packet, client.secret)
        if wrong is None:
            del open_requests[reply[1]]
            self.answers += 1
            if session is not None:
                known = self.acknowledged.setdefault(session, [0, set()])
                known[0] = max(known[0], octets)
                known[1].add(status)
            self.kept.append((client.socket.getsockname(), packet, reply))
        elif self.retry_s is not None:
            # Otherwise it may answer an earlier request of that identifier, which was given up.
            self.wrong.append(wrong)

    def give_up(self, clients, waiting):
        """Requests without an answer are sent again, or forgotten: they may be recorded, or not."""
        now = time.monotonic()
        for client, open_requests in zip(clients, waiting):
            for identifier, (packet, session, status, octets, sent) in list(open_requests.items()):
                if self.retry_s is None and now - sent > self.forget_s:
                    del open_requests[identifier]
                elif self.retry_s is not None and now - sent > self.retry_s:
                    open_requests[identifier] = (packet, session, status, octets, now)
                    client.send(packet)

    def finish(self, clients, waiting):
        """What is under way comes to its end, if the server is there."""
        end = time.monotonic() + (60 if self.retry_s is not None else self.forget_s)
        while any(waiting) and time.monotonic() < end:
            self.receive(clients, waiting, 0.05)
            if self.retry_s is not None:
                self.give_up(clients, waiting)
        self.unanswered = sum(map(len, waiting))

    def check(self, tables):
        """Everything acknowledged is in the tables, nothing is there that was never sent, and totals are sums."""
        found = {}
        # With restarts of the NAS, what comes late may be filed as another session of that id.
        for record in tables.sessions.values():
            if record["id"].startswith(self.prefix.encode()):
                found.setdefault(record["id"].decode(), []).append(record)
        for session, (octets, statuses) in self.acknowledged.items():
            records = found.get(session)
            assert records, f"session {session} was acknowledged, and is lost"
            flags = [record["flags"] for record in records]
            assert max(record["input_octets"] for record in records) >= octets, f"{session}: {octets} were acknowledged: {records}"
            assert p.START not in statuses or any(flag & 1 for flag in flags), f"{session}: the Start was acknowledged: {records}"
            assert p.STOP not in statuses or any(flag & 2 for flag in flags), f"{session}: the Stop was acknowledged: {records}"
        for session, records in found.items():
            octets, statuses = self.sent.get(session, (0, set()))
            assert statuses, f"session {session} was never sent"
            assert self.restarts or len(records) == 1, f"one session twice: {records}"
            for record in records:
                assert record["input_octets"] <= octets, f"{session}: at most {octets} octets were sent: {record}"
                assert record["output_octets"] == 2 * record["input_octets"], f"half a record: {record}"
        return tables.check_totals()
