"""docs/radius-benchmarks.md from raw figures: nothing in it is added by hand."""
import statistics


class Runs:
    """The runs of one entrant."""

    def __init__(self, runs):
        self.runs = runs

    def values(self, path):
        return [value for value in (dig(run, path) for run in self.runs) if value is not None]

    def median(self, path):
        values = self.values(path)
        return statistics.median(values) if values else None

    def text(self, path, digits=None):
        values = self.values(path)
        if not values:
            return "not measured"
        if min(values) == max(values):
            return number(values[0], digits)
        shown = [number(value, digits) for value in (statistics.median(values), min(values), max(values))]
        return f"{shown[0]} ({shown[1]} to {shown[2]})"

    def total(self, path):
        return sum(self.values(path))


def dig(run, path):
    """`closed.times.p99_us`; a kind of request by its name: `burst.by_kind.stop.times.p50_us`."""
    for name in path.split("."):
        if isinstance(run, list):
            run = {entry["kind"]: entry for entry in run}
        run = run.get(name) if isinstance(run, dict) else None
    return run


def number(value, digits=None):
    if isinstance(value, int):
        digits = 0
    if digits is None:
        digits = 0 if value >= 1000 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def by_server(found, row):
    runs = {}
    for run in found["rows"].get(row, []):
        runs.setdefault(run["server"], []).append(run)
    return {server: Runs(list_of) for server, list_of in runs.items()}


class Table:
    """The targets."""

    def __init__(self):
        self.lines = []

    def add(self, what, target, measured, is_met):
        mark = "not measured" if is_met is None else "met" if is_met else "**MISSED**"
        self.lines.append(f"| {len(self.lines) + 1} | {what} | {target} | {measured} | {mark} |")

    def absent(self, what, target):
        self.add(what, target, "", None)


def targets(found):
    table = Table()
    processor(table, by_server(found, "processor"))
    durable(table, by_server(found, "durable"))
    alone(table, by_server(found, "alone"))
    steady(table, by_server(found, "steady"))
    sessions(table, by_server(found, "sessions"))
    readers(table, by_server(found, "readers"))
    burst(table, by_server(found, "burst"))
    head = ["| | what | target | measured | |", "|---|---|---|---|---|"]
    return "\n".join(head + table.lines)


def processor(table, runs):
    what, target = "processor for a request, level `process`, times that of FreeRADIUS storing nothing", "at most 0.25"
    if not runs:
        return table.absent(what, target)
    path = "closed.server_us_per_request"
    ratio = runs["quipu-process"].median(path) / runs["freeradius"].median(path)
    table.add(what, target, number(ratio), ratio <= 0.25)


def durable(table, runs):
    what, target = "requests a second, level `power`, 64 on their way, times FreeRADIUS with PostgreSQL", "at least 8"
    if not runs:
        return table.absent(what, target)
    path = "closed.per_second"
    ratio = runs["quipu-power"].median(path) / runs["freeradius-postgresql"].median(path)
    table.add(what, target, number(ratio), ratio >= 8)


def alone(table, runs):
    what, target = "one request on its way, level `process`: half are answered within", "25 us"
    if not runs:
        return table.absent(what, target)
    path = "closed.times.p50_us"
    p50 = runs["quipu-process"].median(path)
    table.add(what, target, f"{number(p50)} us", p50 <= 25)
    power = runs["quipu-power"]
    p50, disk = power.median(path), power.median("sync.append.p50_us")
    what = "the same, level `power`, more than a write and fdatasync alone"
    table.add(what, "30 us", f"{number(p50 - disk)} us", p50 <= disk + 30)


def steady(table, runs):
    what = "2,000 requests a second, level `power`: 99 of 100, more than a write and fdatasync alone"
    if not runs:
        return table.absent(what, "1 ms; none lost")
    power = runs["quipu-power"]
    more_ms = (power.median("open.times.p99_us") - power.median("sync.append.p99_us")) / 1000
    lost = power.total("open.lost")
    table.add(what, "1 ms; none lost", f"{number(more_ms)} ms; {lost} lost", more_ms <= 1 and lost == 0)


def sessions(table, runs):
    what = "many sessions open against few: requests a second; p50 of one on its way; p99 of 64"
    target = "at least 0.9; at most 1.1; at most 1.1"
    if not runs:
        table.absent(what, target)
        return table.absent("Accounting-On that closes them all; p99 of others after it against before", "5 ms; 1.1")
    few, many = runs["few"], runs["many"]
    ratios = [
        many.median(path) / few.median(path)
        for path in ("closed.per_second", "single.times.p50_us", "closed.times.p99_us")
    ]
    is_met = ratios[0] >= 0.9 and ratios[1] <= 1.1 and ratios[2] <= 1.1
    table.add(what, target, "; ".join(map(number, ratios)), is_met)
    on_ms = max(many.values("restart.by_kind.on.times.max_us")) / 1000
    ratio = many.median("restart.times_after.p99_us") / many.median("restart.times.p99_us")
    what = "Accounting-On that closes them all, the slowest; p99 of others after it against before"
    table.add(what, "5 ms; 1.1", f"{number(on_ms)} ms; {number(ratio)}", on_ms < 5 and ratio <= 1.1)


def readers(table, runs):
    what, target = "eight programs that read: p99 of the writer against that without them", "0.9 to 1.1"
    if not runs:
        return table.absent(what, target)
    path = "open.times.p99_us"
    ratio = runs["with readers"].median(path) / runs["without"].median(path)
    bad = runs["with readers"].total("bad")
    table.add(what, f"{target}; no bad record", f"{number(ratio)}; {bad} bad", ratio <= 1.1 and bad == 0)


def burst(table, runs):
    what, target = "a burst, level `process`", "no drop of the kernel, or none lost; Stops first"
    if not runs:
        return table.absent(what, target)
    ours = runs["quipu-process"]
    drops, lost = ours.total("burst.kernel_drops"), ours.total("burst.lost")
    path = "burst.by_kind.{}.times.p50_us"
    stop, interim = (ours.median(path.format(kind)) / 1000 for kind in ("stop", "interim"))
    words = f"{drops} drops, {lost} lost; half of the Stops within {number(stop)} ms, of the Interims {number(interim)}"
    # Without pressure all are served as they come: then they differ by chance, in either direction.
    table.add(what, target, words, (drops == 0 or lost == 0) and stop <= interim * 1.02)


def rows_of(found, row, columns):
    runs = by_server(found, row)
    if not runs:
        return "Not measured.\n"
    head = "| | " + " | ".join(name for name, _ in columns) + " |"
    lines = [head, "|---" * (len(columns) + 1) + "|"]
    for server in sorted(runs):
        cells = [runs[server].text(path) for _, path in columns]
        lines.append(f"| {server} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def columns(kind):
    return [
        ("requests a second", f"{kind}.per_second"),
        ("processor, us a request", f"{kind}.server_us_per_request"),
        ("p50, us", f"{kind}.times.p50_us"),
        ("p99, us", f"{kind}.times.p99_us"),
        ("p99.9, us", f"{kind}.times.p999_us"),
        ("lost", f"{kind}.lost"),
        ("sent again", f"{kind}.retransmitted"),
        ("loader, us a request", f"{kind}.loader_us_per_request"),
        ("load average", f"{kind}.load_average"),
    ]


DISK = [
    ("append and fdatasync, p50, us", "sync.append.p50_us"),
    ("p99", "sync.append.p99_us"),
    ("overwrite and fdatasync, p50", "sync.overwrite.p50_us"),
    ("p99", "sync.overwrite.p99_us"),
]


def document(found):
    machine, plan = found["machine"], found["plan"]
    virtual = ", virtual" if machine["virtual"] else ""
    wanted = "A trial: too short and too few to mean anything.\n\n" if found["quick"] else ""
    many, few = f"{plan['many']:,}", f"{plan['few']:,}"
    session_columns = [
        ("to open them, a second", "opened.per_second"),
        ("requests a second", "closed.per_second"),
        ("p99 of 64, us", "closed.times.p99_us"),
        ("p50 of one, us", "single.times.p50_us"),
        ("processor, us a request", "closed.server_us_per_request"),
        ("memory of the server, bytes", "memory"),
    ]
    restart_columns = [
        ("answer to Accounting-On, us", "restart.by_kind.on.times.max_us"),
        ("p99 of others before, us", "restart.times.p99_us"),
        ("p99 after", "restart.times_after.p99_us"),
        ("longest before", "restart.times.max_us"),
        ("longest after", "restart.times_after.max_us"),
        ("lost", "restart.lost"),
    ]
    reader_columns = [("records read", "read"), ("bad ones", "bad")] + columns("open")
    burst_columns = [
        ("dropped by the kernel", "burst.kernel_drops"),
        ("answered at once", "burst.answered_at_once"),
        ("sent again", "burst.retransmitted"),
        ("lost", "burst.lost"),
        ("seconds", "burst.seconds"),
        ("Starts, p50, us", "burst.by_kind.start.times.p50_us"),
        ("Interims", "burst.by_kind.interim.times.p50_us"),
        ("Stops", "burst.by_kind.stop.times.p50_us"),
    ]
    return f"""# Benchmarks of RADIUS accounting

| | |
|---|---|
| processor | {machine['processor']}, {machine['processors']} of them{virtual} |
| memory | {machine['memory_gib']} GiB |
| disk | {machine['disk']} |
| system | {machine['system']} |
| rivals | {machine['rivals']} |
| commit | {machine['commit']} |
| date | {machine['date']}, in {machine.get('minutes', '?')} minutes; load average before it: \
{machine['load_average_before']:.2f} |

{wanted}To measure on your machine: `scripts/bench-radius`. All of this document is written by that command, from one run.

Loader and server share the processors. Entrants take turns, {found['runs']} each, every time with a server that was
just started and answered for a second before it counts; a figure is the median of the turns, with the lowest and the
highest in brackets. Processor is what all processes of a server used, those of PostgreSQL too, for each answered
request. The load: Start, eight Interim-Updates, Stop, on 2,000 sessions of 16 NASes unless it says otherwise, packets
of 215 to 263 octets, 16 sockets of 256 identifiers; the authenticator of every answer is verified. What is not answered
within 2 s is sent again, up to four times. Times count from when a request should have been sent. `power` waits for
fdatasync before it answers, as PostgreSQL does with `synchronous_commit`; what the disk needs alone was measured in
the same folder before each turn. FreeRADIUS has a minimal configuration: `accounting {{ ok }}`, or `acct_unique` and
`accounting {{ sql }}` with schema and queries of the package.

## Targets

{targets(found)}

## Processor for a request

64 on their way, closed loop.

{rows_of(found, 'processor', columns('closed'))}
## Safe against loss of power

64 on their way, closed loop.

{rows_of(found, 'durable', columns('closed') + DISK)}
## One request on its way

{rows_of(found, 'alone', columns('closed') + DISK)}
## 2,000 requests a second

Open loop.

{rows_of(found, 'steady', columns('open') + DISK)}
## Many sessions

{few} sessions ("few") against {many} ("many"), all of one NAS, level `process`: opened with 256 on their way, then
traffic of sessions that are each at another step.

{rows_of(found, 'sessions', session_columns)}
The NAS starts while 5,000 requests a second come: one Accounting-On closes all of its sessions.

{rows_of(found, 'sessions', restart_columns)}
## Programs that read

5,000 requests a second, level `process`, {few} sessions. Eight Python programs over the C library scan the table and
decode sessions, 250 records a second each: on two processors, faster ones would measure the scheduler.

{rows_of(found, 'readers', reader_columns)}
## A burst

{plan['burst']:,} requests, signed before, as fast as the loader can send them; a receive buffer of 64 MiB is asked
for.

{rows_of(found, 'burst', burst_columns)}"""
