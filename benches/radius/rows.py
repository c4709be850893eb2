"""What is measured: each function yields the runs of one contest, whose entrants take turns."""
import pathlib
import subprocess
import sys
import time

import load
import servers

HERE = pathlib.Path(__file__).parent
DECODER = HERE.parent.parent / "crates/radiusd/decoders/radius_record.py"
READERS = 8
# Records a second for each reader: eight that spin would measure two processors, and not the table.
READER_RATE = 250


class Plan:
    """How long and how often."""

    def __init__(self, folder, is_quick, runs, library):
        self.folder = folder
        self.runs = runs
        self.seconds = 2 if is_quick else 5
        self.many = 100_000 if is_quick else 1_000_000
        self.few = 10_000
        self.burst = 50_000 if is_quick else 200_000
        self.syncs = 500 if is_quick else 2_000
        self.library = library

    def turns(self, entrants):
        """Every entrant in every round; each round begins with another one."""
        for number in range(self.runs):
            at = number % len(entrants)
            for entrant in entrants[at:] + entrants[:at]:
                yield number, entrant


def quipu(level, options=""):
    def start(folder):
        return servers.Quipu(folder, level, options)

    start.label = f"quipu-{level}"
    return start


def other(kind):
    def start(folder):
        return kind(folder)

    start.label = kind.name
    return start


def turn(plan, start, work):
    """Starts a server, has it loaded, and ends it."""
    server = start(plan.folder)
    try:
        loader = load.Load(server)
        loader.ready()
        return work(loader)
    finally:
        server.stop()


def contest(plan, entrants, work, is_durable=False):
    runs = []
    for number, start in plan.turns(entrants):
        run = {"server": start.label, "round": number}
        if is_durable:
            run["sync"] = load.sync(plan.folder, plan.syncs)
        run.update(turn(plan, start, work))
        print(f"  {start.label}: {summary(run)}", file=sys.stderr)
        runs.append(run)
    return runs


def summary(run):
    figures = run.get("closed") or run.get("open") or run.get("burst") or {}
    words = f"{figures.get('per_second', 0):.0f}/s, {figures.get('server_us_per_request', 0):.1f} us of processor"
    times = figures.get("times", {})
    return f"{words}, p50 {times.get('p50_us')} us, p99 {times.get('p99_us')} us, {figures.get('lost')} lost"


def warm_and(plan, kind, **options):
    """A run that counts, after one that does not."""

    def work(loader):
        loader.run("closed", seconds=1, outstanding=options.get("outstanding", 64))
        return {kind: loader.run(kind, seconds=plan.seconds, **options)}

    return work


def processor(plan):
    entrants = [quipu("process"), other(servers.FreeRadius), quipu("memory")]
    return contest(plan, entrants, warm_and(plan, "closed", outstanding=64))


def durable(plan):
    entrants = [quipu("power"), other(servers.FreeRadiusSql)]
    return contest(plan, entrants, warm_and(plan, "closed", outstanding=64), is_durable=True)


def alone(plan):
    entrants = [quipu("process"), quipu("power"), other(servers.FreeRadius), other(servers.FreeRadiusSql)]
    return contest(plan, entrants, warm_and(plan, "closed", outstanding=1), is_durable=True)


def steady(plan):
    entrants = [quipu("power"), other(servers.FreeRadiusSql), quipu("process")]
    return contest(plan, entrants, warm_and(plan, "open", rate=2_000), is_durable=True)


def sessions(plan):
    """The same traffic with few and with many sessions open; then all NASes of the many start."""

    def entrant(label, count):
        def start(folder):
            return servers.Quipu(folder, "process")

        start.label = label
        start.count = count
        return start

    entrants = [entrant("few", plan.few), entrant("many", plan.many)]
    runs = []
    for number, start in plan.turns(entrants):

        def work(loader, count=start.count):
            life = {"sessions": count, "nases": 1, "run": 1}
            opened = loader.run("closed", part="opening", outstanding=256, seconds=600, timeout_ms=1_000, **life)
            midlife = {**life, "part": "midlife"}
            closed = loader.run("closed", seconds=plan.seconds, outstanding=64, **midlife)
            single = loader.run("closed", seconds=2, outstanding=1, **midlife)
            half_ms = plan.seconds * 500
            restart = loader.run("open", seconds=plan.seconds, rate=5_000, restart_ms=half_ms, **midlife)
            memory, _ = loader.server.memory()
            return {"opened": opened, "closed": closed, "single": single, "restart": restart, "memory": memory}

        run = {"server": start.label, "round": number, "sessions": start.count}
        run.update(turn(plan, start, work))
        print(f"  {start.label}: {summary(run)}", file=sys.stderr)
        runs.append(run)
    return runs


def readers(plan):
    """The same traffic with nobody and with eight programs that read the table."""
    runs = []

    def work(loader):
        life = {"sessions": plan.few, "part": "midlife", "run": 1}
        loader.run("closed", sessions=plan.few, part="opening", outstanding=64, seconds=600, run=1)
        for number in range(plan.runs * 2):
            # Twice each in turn: without, with, with, without.
            count = READERS if number % 4 in (1, 2) else 0
            command = [sys.executable, HERE / "reader.py", plan.library, loader.server.table, DECODER, str(READER_RATE)]
            programs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
            time.sleep(1)
            opened = loader.run("open", seconds=plan.seconds, rate=5_000, **life)
            read = bad = 0
            for program in programs:
                program.terminate()
                words = program.communicate(timeout=30)[0].split()
                read, bad = read + int(words[0]), bad + int(words[1])
            run = {"server": "with readers" if count else "without", "round": number // 2, "open": opened}
            run.update({"read": read, "bad": bad})
            print(f"  {run['server']}: {summary(run)}, {read} records read, {bad} bad", file=sys.stderr)
            runs.append(run)
        return {}

    turn(plan, quipu("process"), work)
    return runs


def burst(plan):
    entrants = [quipu("process"), quipu("power"), other(servers.FreeRadius)]

    def work(loader):
        # Everybody at another step, so that each kind of request is everywhere in the burst.
        life = {"sessions": 20_000, "run": 1}
        loader.run("closed", part="opening", outstanding=64, seconds=600, **life)
        return {"burst": loader.run("burst", count=plan.burst, part="midlife", attempts=100, **life)}

    return contest(plan, entrants, work)


ROWS = {
    "processor": processor,
    "durable": durable,
    "alone": alone,
    "steady": steady,
    "sessions": sessions,
    "readers": readers,
    "burst": burst,
}


