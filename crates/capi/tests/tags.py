"""Reads the values that tags.c wrote as values of Python, and writes them again under another prefix.

    python3 tags.py LIBRARY TABLE PREFIX_READ PREFIX_WRITTEN
"""
import ctypes
import json
import sys

INTEGER, FLOAT, BYTES = 1, 2, 3
RAW, NULL, BOOLEAN, JSON = 0, 0x51500001, 0x51500002, 0x51500003
NEVER = -1


class Value(ctypes.Structure):
    """quipu_value"""

    _fields_ = [
        ("kind", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("integer", ctypes.c_int64),
        ("real", ctypes.c_double),
        ("bytes", ctypes.c_void_p),
        ("length", ctypes.c_size_t),
        ("ttl_ms", ctypes.c_int64),
        ("token", ctypes.c_uint64 * 2),
    ]


class Tagged:
    """Bytes of another language: kept as they are. A pickle is among them: to load it is to run what its writer wrote."""

    def __init__(self, tag, content):
        self.tag, self.content = tag, content


def decode(tag, content):
    """The value of Python that some bytes stand for."""
    if tag == RAW:
        return content
    if tag == NULL:
        assert content == b""
        return None
    if tag == BOOLEAN:
        return {b"\0": False, b"\1": True}[content]
    if tag == JSON:
        return json.loads(content.decode("utf-8"))
    return Tagged(tag, content)


def encode(value):
    """Tag and bytes of a value of Python."""
    if isinstance(value, Tagged):
        return value.tag, value.content
    if isinstance(value, bytes):
        return RAW, value
    if value is None:
        return NULL, b""
    if isinstance(value, bool):
        return BOOLEAN, bytes([value])
    return JSON, json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


class Table:
    """An open table."""

    def __init__(self, library, name):
        self.quipu = ctypes.CDLL(library)
        self.quipu.quipu_status_name.restype = ctypes.c_char_p
        self.table = ctypes.c_void_p()
        self.check(self.quipu.quipu_open(name.encode(), None, ctypes.byref(self.table)))

    def check(self, status):
        if status != 0:
            raise OSError(self.quipu.quipu_status_name(status).decode())

    def get(self, key):
        key, value, buffer = key.encode(), Value(), ctypes.create_string_buffer(1000)
        status = self.quipu.quipu_get(
            self.table, key, ctypes.c_size_t(len(key)), buffer, ctypes.c_size_t(1000), ctypes.byref(value)
        )
        self.check(status)
        assert value.kind == BYTES
        return decode(value.flags, buffer.raw[: value.length])

    def set(self, key, value):
        tag, content = encode(value)
        key, stored = key.encode(), Value(kind=BYTES, flags=tag, length=len(content))
        stored.bytes = ctypes.cast(ctypes.c_char_p(content), ctypes.c_void_p)
        status = self.quipu.quipu_set(
            self.table, key, ctypes.c_size_t(len(key)), ctypes.byref(stored), ctypes.c_int64(NEVER)
        )
        self.check(status)


def main(library, name, prefix_read, prefix_written):
    table = Table(library, name)
    for key in ["raw", "null", "true", "false", "json", "php", "igbinary", "msgpack", "pickle"]:
        value = table.get(prefix_read + key)
        if key in ("null", "true", "false"):
            assert value is {"null": None, "true": True, "false": False}[key], (key, value)
        if key == "json":
            assert value == {"a": [1, 2.5, None, "\u00e9"]}, value
        table.set(prefix_written + key, value)


main(*sys.argv[1:])
