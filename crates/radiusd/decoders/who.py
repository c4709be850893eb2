"""Prints a line for each session of a running server, by libquipu.

    python3 who.py LIBRARY TABLE
"""
import ctypes
import sys

import radius_record

OK, BYTES = 0, 3


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


class Item(ctypes.Structure):
    """quipu_item"""

    _fields_ = [("key", ctypes.c_void_p), ("key_length", ctypes.c_size_t), ("value", Value)]


def nas_of(quipu, table, key):
    """The epoch and boot time of the NAS of a session, or None."""
    nas_key = radius_record.nas_key(key)
    value, room = Value(), ctypes.create_string_buffer(40)
    status = quipu.quipu_get(
        table, nas_key, ctypes.c_size_t(len(nas_key)), room, ctypes.c_size_t(40), ctypes.byref(value)
    )
    if status != OK or value.kind != BYTES:
        return None
    return radius_record.decode_nas(value.flags, room.raw[: value.length])


def sessions(quipu, table):
    """Keys and sessions; None for what is none."""
    scan, item = ctypes.c_void_p(), Item()
    for tag in (b"s", b"e"):
        quipu.quipu_scan_open(table, tag, ctypes.c_size_t(1), ctypes.c_uint64(0), ctypes.byref(scan))
        while quipu.quipu_scan_next(scan, ctypes.byref(item)) == OK:
            key = ctypes.string_at(item.key, item.key_length)
            value = item.value
            if value.kind != BYTES or radius_record.nas_key(key) is None:
                yield key, None
                continue
            data = ctypes.string_at(value.bytes, value.length)
            yield key, radius_record.decode(value.flags, data, nas_of(quipu, table, key))
        quipu.quipu_scan_close(scan)


def main(library, name):
    quipu, table = ctypes.CDLL(library), ctypes.c_void_p()
    if quipu.quipu_open_reader(name.encode(), None, ctypes.byref(table)) != OK:
        sys.exit("no such table")
    for key, session in sessions(quipu, table):
        print(key.hex(), "bad" if session is None else radius_record.line(session))


main(*sys.argv[1:])
