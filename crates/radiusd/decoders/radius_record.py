"""Reads the session records of quipu-radiusd: docs/radius-record.md 3. Needs nothing but Python 3."""
import struct
import sys

SESSION_FLAGS = 0x51520101
NAS_FLAGS = 0x51520201
HOT = struct.Struct("<BBHBBHQQQQIIQQQQQII4sIIQ8sI")
NAMES = (
    "version state flags last_status terminate_cause attribute_octets input_octets output_octets input_packets "
    "output_packets session_time_s interims start_ms last_event_ms last_arrival_ms stop_ms lsn nas_epoch earlier "
    "framed_ip link_count interim_interval_s counted_ms reserved checksum"
).split()


def _table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for octet in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ octet) & 0xFF]
    return crc ^ 0xFFFFFFFF


def attributes(data):
    """The attributes as pairs of number and value; None if the bytes are no list of them."""
    found, at = [], 0
    while at < len(data):
        if len(data) - at < 2 or not 2 <= data[at + 1] <= len(data) - at:
            return None
        found.append((data[at], data[at + 2 : at + data[at + 1]]))
        at += data[at + 1]
    return found


def decode(flags, data, nas=None):
    """A session as a dict; None if the bytes are not one. `nas`: its epoch and boot time, if it has a record."""
    if flags != SESSION_FLAGS or not 128 <= len(data) <= 128 + 1024:
        return None
    session = dict(zip(NAMES, HOT.unpack_from(data)))
    listed = attributes(data[128:])
    if session["version"] != 1 or session["checksum"] != crc32c(data[:124] + data[128:]):
        return None
    if not 2 <= session["state"] <= 5 or session["flags"] >= 1 << 12:
        return None
    if session["attribute_octets"] != len(data) - 128 or listed is None:
        return None
    session["framed_ip"] = ".".join(map(str, session["framed_ip"]))
    session["attributes"] = listed
    is_open = session["state"] in (2, 5)
    if nas and is_open and session["nas_epoch"] < nas[0] and session["start_ms"] < nas[1]:
        session["state"] = 4
    return session


def nas_key(key):
    """The key of the NAS that a session's key names; None if it is no session's."""
    rest = {b"s": key[1:], b"e": key[5:]}.get(key[:1], b"")
    octets = {b"4": 4, b"a": 4, b"6": 16, b"b": 16, b"i": 1 + sum(rest[5:6])}.get(rest[4:5])
    return None if octets is None or len(rest) < 5 + octets else b"n" + rest[: 5 + octets]


def decode_nas(flags, data):
    """The epoch and boot time of a NAS; None if the bytes are not its record."""
    if flags != NAS_FLAGS or len(data) != 40 or data[0] != 1:
        return None
    epoch, boot_ms, checksum = struct.unpack_from("<4xIQ16xI", data)
    return (epoch, boot_ms) if checksum == crc32c(data[:32]) else None


def line(session):
    """The fields in their order, and the attributes."""
    hidden = ("version", "attribute_octets", "reserved", "checksum", "attributes")
    shown = [str(value) for name, value in session.items() if name not in hidden]
    shown += ["%d=%s" % (number, value.hex()) for number, value in session["attributes"]]
    return " ".join(shown)


def main():
    nas = None
    for text in sys.stdin:
        words = text.split()
        if words[0] == "n":
            nas = (int(words[1]), int(words[2])) if len(words) == 3 else None
            continue
        session = decode(int(words[1]), bytes.fromhex(words[2]) if len(words) > 2 else b"", nas)
        print("bad" if session is None else line(session))


if __name__ == "__main__":
    main()
