"""A client with a socket of its own, so identifiers of different clients never meet."""
import socket
import time

from support import packet as p


class Client:
    def __init__(self, server_address, source="127.0.0.1", secret=p.SECRET, port=0):
        family = socket.AF_INET6 if ":" in server_address[0] else socket.AF_INET
        self.secret = secret
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((source, port))
        # Connected: a reply from any other address or port is not received.
        self.socket.connect(server_address)
        self.identifier = 0

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, packet):
        # Nobody listens there for the moment: the kernel may say so at the next call.
        for _ in range(3):
            try:
                return self.socket.send(packet)
            except ConnectionRefusedError:
                pass
        return 0

    def receive(self, seconds):
        """The next datagram, or None."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                return self.socket.recv(65536)
            except ConnectionRefusedError:
                time.sleep(0.01)
            except TimeoutError:
                break
        return None

    def next_identifier(self):
        self.identifier = (self.identifier + 1) % 256
        return self.identifier

    def ask(self, packet, seconds=5.0, attempts=1):
        """Sends and waits for the reply, which must be right. None: nothing came."""
        for _ in range(attempts):
            self.send(packet)
            while (reply := self.receive(seconds)) is not None:
                # A reply to an earlier attempt at something else.
                if reply[1] != packet[1]:
                    continue
                wrong = p.wrong_with_reply(reply, packet, self.secret)
                assert wrong is None, f"{wrong}: {reply.hex()} to {packet.hex()}"
                return reply
        return None

    def account(self, status, session, seconds=5.0, attempts=1, **more):
        """Sends the usual attributes of a request, and waits."""
        attributes = p.accounting(status, session, **more)
        return self.ask(p.request(self.next_identifier(), attributes, self.secret), seconds, attempts)

    def before(self, probe, seconds=5.0):
        """Sends a probe that must be answered, and returns everything that was received before its answer. A server
        that works in order has answered by then what it will ever answer: so silence is seen without waiting."""
        self.send(probe)
        found = []
        while (reply := self.receive(seconds)) is not None:
            if reply[1] == probe[1] and p.wrong_with_reply(reply, probe, self.secret) is None:
                return found
            found.append(reply)
        raise AssertionError("the server does not answer a good request any more")
