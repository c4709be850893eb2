"""A program in another language that reads the server's table while it is written: Python over libquipu.

It scans the sessions, and decodes what it finds, so many records a second; it prints how many it read, and how many
it could not make sense of, when it is told to end.
"""
import ctypes
import importlib.util
import signal
import sys
import time

BATCH = 10


class Value(ctypes.Structure):
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
    _fields_ = [("key", ctypes.c_void_p), ("key_length", ctypes.c_size_t), ("value", Value)]


def main():
    library, table_name, decoder, rate = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
    quipu = ctypes.CDLL(library)
    spec = importlib.util.spec_from_file_location("radius_record", decoder)
    record = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(record)
    is_over = []
    signal.signal(signal.SIGTERM, lambda *_: is_over.append(True))
    table, scan, item = ctypes.c_void_p(), ctypes.c_void_p(), Item()
    status = quipu.quipu_open_reader(table_name.encode(), None, ctypes.byref(table))
    if status != 0:
        sys.exit(f"cannot open {table_name}: status {status}")
    read = bad = 0
    while not is_over:
        if not scan:
            prefix = ctypes.c_char_p(b"s")
            quipu.quipu_scan_open(table, prefix, ctypes.c_size_t(1), ctypes.c_uint64(0), ctypes.byref(scan))
        for _ in range(BATCH):
            if quipu.quipu_scan_next(scan, ctypes.byref(item)) != 0:
                quipu.quipu_scan_close(scan)
                scan = ctypes.c_void_p()
                break
            data = ctypes.string_at(item.value.bytes, item.value.length)
            read += 1
            bad += record.decode(item.value.flags, data) is None
        time.sleep(BATCH / rate)
    print(read, bad)


if __name__ == "__main__":
    main()
