"""Reads the table of the web server from Python, by the C library alone: no lock, no trace, while workers write.

    report.py LIBRARY TABLE STOP

Reads until there is a file STOP. Fails if a total ever falls; prints how often it read, and the last total.
"""
import ctypes
import os
import sys


class Options(ctypes.Structure):
    """quipu_options of quipu.h."""

    _fields_ = [("struct_size", ctypes.c_size_t), ("max_bytes", ctypes.c_uint64)] + [
        (name, ctypes.c_uint32)
        for name in ("on_full", "hash", "tick_ms", "mode", "has_group", "group", "owner", "owner_uid", "pages", "wipe")
    ]


OWNER_UID = 1


def main(library, table, stop):
    quipu = ctypes.CDLL(library)
    options = Options(struct_size=ctypes.sizeof(Options), owner=OWNER_UID, owner_uid=os.stat(f"/dev/shm/{table}").st_uid)
    handle = ctypes.c_void_p()
    status = quipu.quipu_open_reader(table.encode(), ctypes.byref(options), ctypes.byref(handle))
    if status != 0:
        sys.exit(f"{table} cannot be opened: status {status}")
    hits = ctypes.c_int64(0)
    before, reads = 0, 0
    is_over = False
    while not is_over:
        is_over = os.path.exists(stop)
        quipu.quipu_get_number(handle, b"hits", ctypes.c_size_t(4), ctypes.byref(hits))
        if hits.value < before:
            sys.exit(f"from {before} to {hits.value}")
        before = hits.value
        reads += 1
    quipu.quipu_close(handle)
    print(f"{reads} {before}")


main(*sys.argv[1:])
