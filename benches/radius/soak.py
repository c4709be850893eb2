"""A long steady load, and whether anything grows. Started by scripts/soak-radius."""
import argparse
import os
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import load
import servers

SAMPLE_S = 10
# Small, so that segments are filled, summed up in a snapshot and used again many times in half an hour.
LOG_OPTIONS = "segment_mib = 64\nsnapshot_mib = 256"
# Pages come and go; what leaks at 20,000 requests a second is more than that after a minute.
MEMORY_SLACK = 1.02
SEGMENT_SLACK = 2


def sample(server):
    memory, descriptors = server.memory()
    return {"memory": memory, "descriptors": descriptors, "segments": server.log_files(), "octets": server.log_octets()}


def grown(samples):
    """What is more in the last third than in the second: the least in it, for a snapshot takes memory and files while
    it is made, and gives them back; what leaks is never given back."""
    third = len(samples) // 3
    before, after = samples[third : 2 * third], samples[2 * third :]
    words = []
    for name, factor, more in (
        ("memory", MEMORY_SLACK, 0),
        ("descriptors", 1, 0),
        ("segments", 1, SEGMENT_SLACK),
    ):
        least = min(entry[name] for entry in before)
        now = min(entry[name] for entry in after)
        if now > least * factor + more:
            words.append(f"{name} grew from {least} to {now}")
    return words


def run(arguments, folder):
    server = servers.Quipu(folder, "power", log_options=LOG_OPTIONS)
    try:
        loader = load.Load(server)
        loader.ready()
        seconds = round(arguments.minutes * 60)
        # Always the same sessions: others would be kept for ever, as they should.
        life = {"sessions": 20_000, "run": 1}
        loader.run("closed", part="opening", seconds=600, **life)
        process, command = loader.begin("open", rate=arguments.rate, seconds=seconds, part="interims", **life)
        samples = []
        while process.poll() is None:
            samples.append(sample(server))
            print(" ".join(f"{name} {value}" for name, value in samples[-1].items()), flush=True)
            time.sleep(SAMPLE_S)
        out, words = process.communicate()
        if not out:
            sys.exit(f"{command}: {words.decode()} {server.words()}")
        return loader.parse(out), samples
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(prog="scripts/soak-radius", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=int, default=20_000)
    for program in ("loader", "server"):
        parser.add_argument(f"--{program}", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    load.Load.program, servers.Quipu.program = arguments.loader, arguments.server
    folder = tempfile.mkdtemp(prefix="soak-radius-")
    os.chmod(folder, 0o755)
    try:
        figures, samples = run(arguments, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    words = grown(samples) if len(samples) >= 6 else ["too short to see what grows"]
    if figures["lost"] or figures["bad_authenticators"]:
        words.append(f"{figures['lost']} lost, {figures['bad_authenticators']} bad answers")
    print(f"{figures['answered']} answered, {figures['per_second']:.0f} a second, p99 {figures['times']['p99_us']} us")
    if words:
        sys.exit("; ".join(words))


if __name__ == "__main__":
    main()
