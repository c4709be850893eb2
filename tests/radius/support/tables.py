"""Reads the tables of the server as any other program could: by `quipu dump`, and the decoder for Python."""
import base64
import functools
import json
import os
import struct
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
sys.path.insert(0, os.path.join(ROOT, "crates", "radiusd", "decoders"))
import radius_record  # noqa: E402

SESSION, NAS, TOTALS, BUNDLE = 1, 2, 3, 8
OPEN, CLOSED, CLOSED_BY_NAS, CLOSED_STALE = 2, 3, 4, 5
NAS_RECORD = struct.Struct("<BB2xIQQQ")
TOTAL_NAMES = ("input_octets", "output_octets", "input_packets", "output_packets", "session_time_s", "sessions", "open", "stopped")
COUNTERS = (
    "requests invalid_requests dup_requests responses malformed_requests bad_authenticators bad_message_authenticators "
    "packets_dropped no_records unknown_types semantic_repetitions counter_regressions wraps id_reuse late_events "
    "stop_without_counters without_start reopened"
).split()


@functools.lru_cache(maxsize=1 << 20)
def _decoded(flags, value, nas):
    """Most records are read many times: their checksums cost more than all else."""
    return radius_record.decode(flags, value, nas)


def _split(key):
    """The client, the NAS and the id in the key of a session."""
    body = key[5:] if key[:1] == b"e" else key[1:]
    client, nas = body[:4], body[4:]
    length = {b"4": 5, b"6": 17, b"a": 5, b"b": 17}.get(nas[:1])
    if length is None:
        length = 2 + nas[1]
    return client, nas[:length], nas[length:]


class Tables:
    """What was in the tables at one moment."""

    def __init__(self, name):
        self.sessions, self.nases, self.totals, self.counters, self.bundles = {}, {}, {}, {}, {}
        raw = {}
        for key, kind, value in _entries(name):
            if isinstance(value, int):
                if key[:1] == b"C":
                    self.counters[(struct.unpack("<I", key[1:5])[0], key[5])] = value
            elif kind == SESSION:
                raw[key] = value
            elif kind == NAS:
                _, status, epoch, boot_ms, *_ = NAS_RECORD.unpack_from(value)
                self.nases[key[1:]] = (epoch, boot_ms, status)
            elif kind == TOTALS:
                self.totals[key] = dict(zip(TOTAL_NAMES, struct.unpack("<8q", value[:64])))
            elif kind == BUNDLE:
                # Sessions, how many of them were stopped, the largest link count.
                self.bundles[key] = struct.unpack_from("<iiI", value)
        for key, (flags, value) in raw.items():
            client, nas, session_id = _split(key)
            session = _decoded(flags, value, self.nases.get(client + nas, (0, 0))[:2])
            if session is None:
                raise AssertionError(f"session {key} is no record: {value.hex()}")
            session = dict(session, stored_state=value[1], client=client, nas=nas, id=session_id, is_earlier=key[:1] == b"e")
            self.sessions[key] = session

    def of(self, session_id):
        """The sessions with an id."""
        return [session for session in self.sessions.values() if session["id"] == session_id.encode()]

    def only(self, session_id):
        found = self.of(session_id)
        assert len(found) == 1, f"{len(found)} sessions with the id {session_id}: {found}"
        return found[0]

    def counter(self, name, client=None):
        number = radius_record.crc32c(client.encode()) if client else 0
        return self.counters.get((number, COUNTERS.index(name)), 0)

    def check_totals(self):
        """That every total is the sum over the sessions that count in it; returns the sum over all of them."""
        wanted, everything = {}, dict.fromkeys(TOTAL_NAMES, 0)
        for session in self.sessions.values():
            user = [value for kind, value in session["attributes"] if kind == 1]
            keys = [b"c" + session["client"], b"N" + session["client"] + session["nas"]]
            keys += [b"u" + session["client"] + value for value in user]
            for name, value in _counts(session).items():
                for key in keys:
                    wanted.setdefault(key, dict.fromkeys(TOTAL_NAMES, 0))[name] += value
                everything[name] += value
        found = {key: total for key, total in self.totals.items() if key[:1] != b"p"}
        differ = {key: (found.get(key), wanted.get(key)) for key in found.keys() | wanted.keys()
                  if found.get(key) != wanted.get(key) and (key in wanted or any(found[key].values()))}
        assert not differ, f"totals that are not the sums, as (found, sum): {differ}"
        self.check_bundles()
        periods = [total for key, total in self.totals.items() if key[:1] == b"p"]
        summed = {name: sum(total[name] for total in periods) for name in TOTAL_NAMES}
        assert summed == everything, f"periods {summed}, sessions {everything}"
        return everything

    def check_bundles(self):
        """That every bundle says what its sessions say."""
        wanted = {}
        for session in self.sessions.values():
            for kind, value in session["attributes"]:
                if kind == 50:
                    key = b"M" + session["client"] + session["nas"] + value
                    seen, stopped, links = wanted.get(key, (0, 0, 0))
                    wanted[key] = (seen + 1, stopped + bool(session["flags"] & 2), max(links, session["link_count"]))
        differ = {key: (self.bundles.get(key), wanted.get(key)) for key in self.bundles.keys() | wanted.keys()
                  if self.bundles.get(key) != wanted.get(key)}
        assert not differ, f"bundles that are not what their sessions are, as (found, sum): {differ}"


def _counts(session):
    counts = {name: session[name] for name in TOTAL_NAMES[:5]}
    # As it is written down: a session that the restart of its NAS has closed counts as open until the sweep.
    counts.update(sessions=1, open=int(session["stored_state"] == OPEN), stopped=int(bool(session["flags"] & 2)))
    return counts


def _entries(name):
    command = [os.environ["QUIPU"], "dump", name]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        entry = json.loads(line)
        key = entry["key"].encode() if "key" in entry else base64.b64decode(entry["key_base64"])
        if entry["type"] != "bytes":
            yield key, None, entry["value"]
            continue
        text_value = entry.get("value")
        value = base64.b64decode(entry["value_base64"]) if text_value is None else text_value.encode()
        flags = entry.get("flags", 0)
        kind = flags >> 8 & 0xFF
        yield key, kind, (flags, value) if kind == SESSION else value
