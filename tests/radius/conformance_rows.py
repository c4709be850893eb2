"""The rules of RFC 2866 and its successors, one packet each: what must be answered, and what must not."""
import os
from dataclasses import dataclass
from typing import Callable

from support import packet as p

ACCT = p.ACCOUNTING_REQUEST


@dataclass
class Row:
    rule: str
    name: str
    build: Callable[[str], bytes]
    # For a client with the default settings, one with policy = "strict", and one with wrong_lengths = "skip".
    liberal: bool
    strict: bool
    skip: bool
    # Which counter says so, if it is discarded.
    counter: str = "malformed_requests"
    source: str = ""


ROWS: list[Row] = []


def row(rule, name, build, answered, strict=None, skip=None, counter="malformed_requests", source=""):
    strict = answered if strict is None else strict
    skip = answered if skip is None else skip
    ROWS.append(Row(rule, name, build, answered, strict, skip, counter, source))


def good(session, more=b"", **numbers):
    """A request that nobody may refuse."""
    return p.request(7, p.accounting(p.INTERIM, session, **numbers) + more)


def body(session, more=b""):
    return p.accounting(p.INTERIM, session) + more


def resized(session, length):
    """A good request that says it has another length, and is signed for it as far as that makes sense."""
    packet = p.raw(ACCT, 7, bytes(16), body(session), length)
    return p.sign(packet)


def spoiled(session, at):
    packet = bytearray(good(session))
    packet[at] ^= 1
    return bytes(packet)


for code in (1, 2, 3, 5, 11, 40, 43, 0, 255):
    row("P1", f"code {code}", lambda s, code=code: p.request(7, body(s), code=code), False, counter="unknown_types")

row("P2", "a datagram of 19 octets", lambda s: good(s)[:19], False)
row("P2", "Length 19", lambda s: resized(s, 19), False)
row("P2", "Length greater than the datagram", lambda s: resized(s, 20 + len(body(s)) + 1), False)
row("P2", "no attribute at all", lambda s: p.request(7, b""), True, strict=False)
row("P2", "padding of zeros", lambda s: good(s) + bytes(40), True)
row("P2", "padding of anything", lambda s: good(s) + os.urandom(401), True)


def big(session, octets):
    more, left = b"", octets - 20 - len(body(session))
    while left:
        size = min(left, 255) if left - min(left, 255) != 1 else 254
        more += p.octets(250, os.urandom(size - 2))
        left -= size
    return good(session, more)


row("P3", "3,900 octets", lambda s: big(s, 3900), True)
row("P3", "4,096 octets", lambda s: big(s, 4096), True)
row("P3", "4,097 octets", lambda s: big(s, 4097), False)
row("P3", "60,000 octets", lambda s: big(s, 60000), False)

for name, broken in (("length 0", b"\x19\x00"), ("length 1", b"\x19\x01"), ("length beyond the packet", b"\x19\x05ab"),
                     ("a single octet", b"\x19")):
    row("P4", f"attribute: {name}", lambda s, broken=broken: p.request(7, body(s, broken)), False)
for name, broken in (("Acct-Status-Type of 3 octets", (p.STATUS_TYPE, 3)), ("Acct-Session-Time of 5", (p.SESSION_TIME, 5)),
                     ("Acct-Input-Octets of 8", (p.INPUT_OCTETS, 8)), ("Framed-IP-Address of 3", (p.FRAMED_IP_ADDRESS, 3)),
                     ("NAS-IPv6-Address of 4", (p.NAS_IPV6_ADDRESS, 4)), ("Event-Timestamp of 0", (p.EVENT_TIMESTAMP, 0))):
    row("P4", name, lambda s, broken=broken: p.request(7, body(s, p.octets(broken[0], bytes(broken[1])))), False, skip=True)

row("P5", "authenticator of zeros", lambda s: p.raw(ACCT, 7, bytes(16), body(s)), False, counter="bad_authenticators")
row("P5", "random authenticator", lambda s: p.raw(ACCT, 7, os.urandom(16), body(s)), False, counter="bad_authenticators")
row("P5", "wrong secret", lambda s: p.request(7, body(s), b"another"), False, counter="bad_authenticators")
row("P5", "empty secret", lambda s: p.request(7, body(s), b""), False, counter="bad_authenticators")
for at in (1, 4, 19, -1):
    row("P5", f"one bit of octet {at} is other", lambda s, at=at: spoiled(s, at), False, counter="bad_authenticators")

row("P6", "from an address that is no client's", lambda s: good(s), False, counter="invalid_requests", source="127.0.0.9")

for kind, name in ((p.USER_PASSWORD, "User-Password"), (p.CHAP_PASSWORD, "CHAP-Password"), (p.REPLY_MESSAGE, "Reply-Message"),
                   (p.STATE, "State")):
    size = 17 if kind == p.CHAP_PASSWORD else 16
    row("P7", f"with {name}", lambda s, kind=kind, size=size: good(s, p.octets(kind, bytes(size))), True, strict=False)
row("P7", "no NAS", lambda s: good(s, nas=None), True, strict=False)
row("P7", "no Acct-Status-Type", lambda s: p.request(7, p.accounting(None, s)), True, strict=False)
row("P7", "two of Acct-Status-Type", lambda s: good(s, p.number(p.STATUS_TYPE, p.STOP)), True, strict=False)
row("P7", "no Acct-Session-Id", lambda s: good(None), True, strict=False)
row("P7", "two of Acct-Session-Id", lambda s: good(s, p.text(p.SESSION_ID, s + "x")), True, strict=False)
row("P7", "NAS-Identifier only", lambda s: good(s, p.text(p.NAS_IDENTIFIER, "nas-1"), nas=None), True)
row("P7", "NAS-IPv6-Address only", lambda s: good(s, p.octets(p.NAS_IPV6_ADDRESS, b"\x20\x01" + bytes(14)), nas=None), True)
row("P7", "Accounting-On without Acct-Session-Id", lambda s: p.request(7, p.accounting(p.ON, None, user=None, nas="10.9.9.1")), True)
row("P7", "Accounting-Off without Acct-Session-Id", lambda s: p.request(7, p.accounting(p.OFF, None, user=None, nas="10.9.9.1")), True)
row("P7", "Accounting-On with one, nothing to close", lambda s: p.request(7, p.accounting(p.ON, s, user=None, nas="10.9.9.2")), True)

row("P9", "Proxy-State, five times, in order",
    lambda s: good(s, b"".join(p.octets(p.PROXY_STATE, value) for value in (b"1", bytes(253), b"", b"1", b"zz"))), True)
row("P9", "Proxy-State among others", lambda s: good(s, p.octets(p.PROXY_STATE, b"a") + p.octets(p.CLASS, b"c") + p.octets(p.PROXY_STATE, b"b")), True)

row("P12", "attributes that nobody knows", lambda s: good(s, p.octets(250, b"?") + p.octets(251, b"")), True)
row("P12", "an attribute of a vendor that nobody knows", lambda s: good(s, p.vendor(4294967, b"\x01\x06abcd")), True)
row("P12", "bytes of a vendor in no form", lambda s: good(s, p.vendor(9, b"\x01\x00\xff")), True)

row("P13", "Status-Server", lambda s: p.status_server(7), True)
row("P13", "Status-Server with Proxy-State", lambda s: p.status_server(7, attributes=p.octets(p.PROXY_STATE, b"a")), True)
row("P13", "Status-Server without Message-Authenticator", lambda s: p.raw(12, 7, os.urandom(16), b""), False, counter="bad_message_authenticators")
row("P13", "Status-Server, wrong Message-Authenticator", lambda s: p.status_server(7, spoil=True), False, counter="bad_message_authenticators")
row("P13", "Status-Server, wrong secret", lambda s: p.status_server(7, b"another"), False, counter="bad_message_authenticators")
row("P13", "Status-Server signed as if it were accounting", lambda s: p.request(7, b"", code=12), False, counter="bad_message_authenticators")

row("M-A", "valid", lambda s: p.with_message_authenticator(7, body(s)), True)
row("M-A", "wrong", lambda s: p.with_message_authenticator(7, body(s), spoil=True), False, counter="bad_message_authenticators")
row("M-A", "twice", lambda s: p.with_message_authenticator(7, body(s, p.octets(80, bytes(16)))), False, counter="bad_message_authenticators")
row("M-A", "15 octets", lambda s: good(s, p.octets(80, bytes(15))), False, counter="bad_message_authenticators")

for status in (9, 10, 11, 12, 13, 14, 15, 0, 4, 6, 16, 200, 2**32 - 1):
    row("2.3", f"Acct-Status-Type {status}", lambda s, status=status: p.request(7, p.accounting(status, s)), True)
row("2.3", "Stop of a session that nobody knows", lambda s: p.request(7, p.accounting(p.STOP, s)), True)
row("2.3", "Interim of a session that nobody knows", lambda s: good(s, input_octets=5), True)
