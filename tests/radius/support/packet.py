"""RADIUS packets, made and checked without any code of the server: RFC 2865 to 2869, with MD5 from the standard library."""
import hashlib
import hmac
import os
import struct

ACCESS_REQUEST, ACCOUNTING_REQUEST, ACCOUNTING_RESPONSE, STATUS_SERVER = 1, 4, 5, 12
START, STOP, INTERIM, ON, OFF = 1, 2, 3, 7, 8

USER_NAME, USER_PASSWORD, CHAP_PASSWORD, NAS_IP_ADDRESS = 1, 2, 3, 4
NAS_PORT, FRAMED_IP_ADDRESS, REPLY_MESSAGE, STATE = 5, 8, 18, 24
CLASS, VENDOR_SPECIFIC, CALLING_STATION_ID, NAS_IDENTIFIER, PROXY_STATE = 25, 26, 31, 32, 33
STATUS_TYPE, DELAY_TIME, INPUT_OCTETS, OUTPUT_OCTETS, SESSION_ID = 40, 41, 42, 43, 44
SESSION_TIME, INPUT_PACKETS, OUTPUT_PACKETS, TERMINATE_CAUSE = 46, 47, 48, 49
MULTI_SESSION_ID, LINK_COUNT, INPUT_GIGAWORDS, OUTPUT_GIGAWORDS, EVENT_TIMESTAMP = 50, 51, 52, 53, 55
MESSAGE_AUTHENTICATOR, NAS_IPV6_ADDRESS = 80, 95

SECRET = b"the-secret-of-the-tests"


def octets(kind, value):
    """One attribute of any bytes."""
    return bytes([kind, len(value) + 2]) + value


def number(kind, value):
    return octets(kind, struct.pack(">I", value))


def text(kind, value):
    return octets(kind, value.encode())


def vendor(number_of_vendor, data):
    return octets(VENDOR_SPECIFIC, struct.pack(">I", number_of_vendor) + data)


def raw(code, identifier, authenticator, attributes, length=None):
    """A packet as it is told, signed by nobody."""
    length = 20 + len(attributes) if length is None else length
    return struct.pack(">BBH", code, identifier, length) + authenticator + attributes


def sign(packet, secret=SECRET):
    """The packet with its Request Authenticator: MD5 over it with zeros in that place, and the secret."""
    length = struct.unpack_from(">H", packet, 2)[0]
    zeroed = packet[:4] + bytes(16) + packet[20:length]
    return packet[:4] + hashlib.md5(zeroed + secret).digest() + packet[20:]


def request(identifier, attributes, secret=SECRET, code=ACCOUNTING_REQUEST):
    return sign(raw(code, identifier, bytes(16), attributes), secret)


def message_authenticator(packet, at, authenticator, secret=SECRET):
    """HMAC-MD5 over the packet with the given authenticator, and zeros for the value at offset `at`."""
    data = packet[:4] + authenticator + packet[20:at] + bytes(16) + packet[at + 16 :]
    return hmac.new(secret, data, "md5").digest()


def with_message_authenticator(identifier, attributes, secret=SECRET, spoil=False):
    """A signed Accounting-Request that begins with a Message-Authenticator."""
    packet = raw(ACCOUNTING_REQUEST, identifier, bytes(16), octets(MESSAGE_AUTHENTICATOR, bytes(16)) + attributes)
    value = message_authenticator(packet, 22, bytes(16), secret)
    if spoil:
        value = bytes([value[0] ^ 1]) + value[1:]
    return sign(packet[:22] + value + packet[38:], secret)


def status_server(identifier, secret=SECRET, attributes=b"", spoil=False):
    """RFC 5997: the authenticator is random, the Message-Authenticator is made over it."""
    authenticator = os.urandom(16)
    packet = raw(STATUS_SERVER, identifier, authenticator, octets(MESSAGE_AUTHENTICATOR, bytes(16)) + attributes)
    value = message_authenticator(packet, 22, authenticator, secret)
    if spoil:
        value = bytes([value[0] ^ 1]) + value[1:]
    return packet[:22] + value + packet[38:]


def attributes_of(packet):
    """The attributes of a packet as pairs of number and value."""
    found, at = [], 20
    while at < len(packet):
        found.append((packet[at], packet[at + 2 : at + packet[at + 1]]))
        at += packet[at + 1]
    return found


def wrong_with_reply(reply, asked, secret=SECRET):
    """What is wrong with a reply, in words; None if nothing is."""
    if len(reply) < 20 or reply[0] != ACCOUNTING_RESPONSE or reply[1] != asked[1]:
        return "no Accounting-Response with this identifier"
    if struct.unpack_from(">H", reply, 2)[0] != len(reply):
        return "its length is not that of the datagram"
    if hashlib.md5(reply[:4] + asked[4:20] + reply[20:] + secret).digest() != reply[4:20]:
        return "wrong Response Authenticator"
    length = struct.unpack_from(">H", asked, 2)[0]
    sent = [value for kind, value in attributes_of(asked[:length]) if kind == PROXY_STATE]
    back = [value for kind, value in attributes_of(reply) if kind == PROXY_STATE]
    if asked[0] == ACCOUNTING_REQUEST and sent != back:
        return "Proxy-State is not as it was sent"
    at = 20
    for kind, value in attributes_of(reply):
        if kind == MESSAGE_AUTHENTICATOR:
            if message_authenticator(reply, at + 2, asked[4:20], secret) != value:
                return "wrong Message-Authenticator"
        elif kind != PROXY_STATE:
            return f"attribute {kind} does not belong there"
        at += 2 + len(value)
    return None


def accounting(status, session, user="bob", nas="10.0.0.1", **numbers):
    """The usual attributes of a request. `numbers` are names of this module in lower case, such as input_octets=5."""
    found = b"" if status is None else number(STATUS_TYPE, status)
    if session is not None:
        found += text(SESSION_ID, session)
    if user is not None:
        found += text(USER_NAME, user)
    if nas is not None:
        found += octets(NAS_IP_ADDRESS, bytes(map(int, nas.split("."))))
    for name, value in numbers.items():
        found += number(globals()[name.upper()], value)
    return found
