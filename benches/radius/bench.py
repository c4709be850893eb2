"""Measures quipu-radiusd beside FreeRADIUS. Started by scripts/bench-radius, which builds and installs what it needs."""
import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import load
import render
import rows
import servers

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def output(*command):
    try:
        return subprocess.check_output(command, cwd=ROOT, text=True, stderr=subprocess.STDOUT).strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def machine():
    information = pathlib.Path("/proc/cpuinfo").read_text()
    names = [line.partition(":")[2].strip() for line in information.splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    changed = output("git", "status", "--porcelain", "--untracked-files=no")
    packages = ["freeradius", "freeradius-postgresql", "postgresql-15"]
    query = output("dpkg-query", "-W", "-f", "${Package} ${Version}, ", *packages)
    disk = output("findmnt", "-no", "SOURCE,FSTYPE,OPTIONS", "-T", tempfile.gettempdir())
    return {
        "processor": names[0] if names else "unknown",
        "processors": len(os.sched_getaffinity(0)),
        "virtual": "hypervisor" in information,
        "memory_gib": round(memory / 2**30),
        "system": f"Linux {platform.release()}, {output('rustc', '--version')}",
        "disk": disk,
        "rivals": query.rstrip(", "),
        "commit": output("git", "rev-parse", "--short", "HEAD") + ("+" if changed else ""),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "load_average_before": os.getloadavg()[0],
    }


def measure(arguments):
    load.Load.program, servers.Quipu.program = arguments.loader, arguments.server
    folder = tempfile.mkdtemp(prefix="bench-radius-")
    # Others than root have to get to their own files in it.
    os.chmod(folder, 0o755)
    plan = rows.Plan(folder, arguments.quick, arguments.runs, arguments.library)
    found = {"machine": machine(), "runs": arguments.runs, "quick": arguments.quick, "rows": {}}
    found["plan"] = {"few": plan.few, "many": plan.many, "burst": plan.burst, "seconds": plan.seconds}
    begin = datetime.datetime.now()
    try:
        for name, row in rows.ROWS.items():
            if not arguments.only or name in arguments.only:
                print(name, file=sys.stderr)
                found["rows"][name] = row(plan)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found["machine"]["minutes"] = round((datetime.datetime.now() - begin).seconds / 60)
    return found


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench-radius", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two short runs, to see that it works; writes no document")
    parser.add_argument("--runs", type=int, help="how often each entrant has its turn")
    parser.add_argument("--only", action="append", choices=rows.ROWS, help="measure only that; writes no document")
    parser.add_argument("--json", type=pathlib.Path, help="where the raw figures go")
    parser.add_argument("--render", type=pathlib.Path, help="write the document from raw figures, and measure nothing")
    for program in ("loader", "server", "library"):
        parser.add_argument(f"--{program}", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.runs = arguments.runs or (2 if arguments.quick else 5)
    if arguments.render:
        found = json.loads(arguments.render.read_text())
    else:
        found = measure(arguments)
    is_trial = arguments.quick or bool(arguments.only)
    results = arguments.json or ROOT / ("target/benchmarks" if is_trial else "benches/results") / "radius.json"
    if not arguments.render:
        results.parent.mkdir(parents=True, exist_ok=True)
        results.write_text(json.dumps(found, indent=1) + "\n")
        print(f"wrote {results}", file=sys.stderr)
    text = render.document(found)
    if is_trial and not arguments.render:
        print(text)
    else:
        (ROOT / "docs/radius-benchmarks.md").write_text(text)
        print("wrote docs/radius-benchmarks.md", file=sys.stderr)


if __name__ == "__main__":
    main()
