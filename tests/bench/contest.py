"""Programs that do the same thing run in turns, and what comes of it are rows: shared by the benchmarks."""
# SPDX-License-Identifier: BSD-2-Clause
#
# One block runs every program once, in an order that turns from block to block, so
# that whatever else the machine does meets all of them. What is shown is the ratio
# of the medians over all blocks, and as its spread the quartiles of the ratios
# within each block. How a broadcast is timed is in broadcast.h.
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = os.path.join(TOP, os.environ.get("B", "build"), "bench")
SACRED = os.path.join(os.path.dirname(BENCH), "sacred")
# Pinning is the program's own in all of them; without this an MPI would bind first and spin as if alone.
OPENMPI = ["mpirun.openmpi", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none"]
K, M = 1 << 10, 1 << 20
# Words of a command that each run fills in: how many calls; sizes and how many of each; a file to meet in.
COUNT, CALLS, MEETING = "{count}", "{calls}", "{meeting}"


def output(command, limit):
    """What it prints, or None; and why."""
    try:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=TOP,
                                 errors="replace")
    except OSError as error:
        return None, str(error)
    try:
        said, complaint = child.communicate(timeout=limit)
    except subprocess.TimeoutExpired as error:
        end(child)
        return None, f"{os.path.basename(command[0])} was not over in {error.timeout} s"
    if child.returncode:
        return None, (complaint or said).strip()[-300:] or f"status {child.returncode}"
    return said, ""


def end(child):
    """A launcher is told first, and ends its ranks, which would disturb what comes next."""
    for how in (child.terminate, child.kill):
        how()
        try:
            child.communicate(timeout=5)
            return
        except subprocess.TimeoutExpired:
            pass


def filled(command, words):
    return [words.get(word, word) for word in command]


class Barrier:
    """
    Call after call; one figure, under the key None. A program's name leads to its command; `wanted` has peers,
    of which the best counts, and the target. A block of a program is `seconds` long, and `least` calls at least; one that
    is not over within `limit` seconds does not count.
    """

    def __init__(self, name, programs, wanted, seconds=0.1, least=200, share=1, limit=120):
        self.name, self.programs, self.wanted, self.share, self.limit = name, programs, wanted, share, limit
        self.seconds, self.least, self.keys = seconds, least, (None,)

    def first(self):
        return {None: self.least}

    def counts(self, ns):
        return {None: max(self.least, min(200000, int(self.seconds * 1e9 / ns[None])))}

    def run(self, program, counts):
        said, why = output(filled(self.programs[program], {COUNT: str(counts[None])}), self.limit)
        found = re.search(r"([\d.]+) ns", said or "")
        return ({None: float(found[1])}, "") if found else (None, why or f"no figure in {said!r}")

    def rows(self):
        """Row name, key, peers, target; the size where the row is of rates."""
        for peers, target in self.wanted:
            yield self.name, None, peers, target, None


class Broadcast:
    """
    A list of sizes in one run; a figure for each, whose row is named `row` and the size. `wanted` as above; each of `rates` is a program that moves
    the bytes without the rest, and a target for Sacred's rate over its.
    """

    def __init__(self, name, row, sizes, programs, wanted, rates=(), seconds=0.05, least=20, share=1, limit=180):
        self.name, self.row, self.keys, self.programs, self.wanted = name, row, sizes, programs, wanted
        self.rates, self.seconds, self.least, self.share, self.limit = rates, seconds, least, share, limit

    def first(self):
        return {size: self.least for size in self.keys}

    def counts(self, ns):
        return {size: max(3, min(2000, int(self.seconds * 1e9 / max(1, ns[size])))) for size in self.keys}

    def run(self, program, counts):
        calls = ",".join(f"{size}:{count}" for size, count in counts.items())
        with tempfile.NamedTemporaryFile(dir="/dev/shm") as meeting:
            meeting.truncate(64 * K)
            said, why = output(filled(self.programs[program], {CALLS: calls, MEETING: meeting.name}), self.limit)
        found = {int(size): float(ns) for size, ns in re.findall(r"^(\d+) (\d+)$", said or "", re.M)}
        return (found, "") if set(found) == set(self.keys) else (None, why or f"no figures in {said!r}")

    def rows(self):
        for size in self.keys:
            name = f"{self.row}, " + (f"{size // M} MiB" if size >= M else f"{size} B")
            for peers, target in self.wanted:
                yield name, size, peers, target, None
            for peers, target in self.rates:
                yield name, size, peers, target, size


def sized(contest):
    """Program -> how often it does each size; those that do not run, and why."""
    counts, dropped = {}, {}
    for program in contest.programs:
        ns, why = contest.run(program, contest.first())
        if ns is None:
            dropped[program] = why
            print(f"  {program} does not run here: {why}", flush=True)
        else:
            counts[program] = contest.counts(ns)
            print(f"  {program} runs: {', '.join(f'{time:.0f} ns' for time in ns.values())} at first", flush=True)
    return counts, dropped


def fought(contest, counts, blocks):
    """Of each block: program -> key -> nanoseconds."""
    order, got = list(counts), []
    for block in range(blocks):
        order = order[1:] + order[:1]
        got.append({program: contest.run(program, counts[program])[0] for program in order})
        if sys.stdout.isatty() or block + 1 == blocks:
            print(f"\r  {contest.name}: block {block + 1} of {blocks}", end="", flush=True)
    print()
    return [{program: ns for program, ns in block.items() if ns is not None} for block in got]


def times(got, program, key):
    return [block[program][key] for block in got if program in block]


def judged(got, dropped, name, key, peers, target, size):
    """
    A row: of times, Sacred's over the best peer's, to be at most the target; with `size`, of rates in GB/s, to be at
    least the target.
    """
    row = {"name": name, "sacred": None, "peer": " or ".join(peers), "unit": "GB/s" if size else "ns", "ratio": None,
           "spread": None, "target": target, "wanted": "at least" if size else "at most", "met": None}
    there = [peer for peer in peers if len(times(got, peer, key)) > 1]
    if not there or len(times(got, "sacred", key)) < 2:
        return {**row, "why": "; ".join(dropped.get(p, "") for p in ("sacred", *peers) if p in dropped) or "not measured"}
    best = min(there, key=lambda peer: statistics.median(times(got, peer, key)))
    figure = (lambda ns: size / ns) if size else (lambda ns: ns)
    mine, theirs = (figure(statistics.median(times(got, p, key))) for p in ("sacred", best))
    within = [figure(b["sacred"][key]) / figure(b[best][key]) for b in got if "sacred" in b and best in b]
    quartiles = statistics.quantiles(within, n=4, method="inclusive") if len(within) > 1 else [mine / theirs] * 3
    ratio = mine / theirs
    met = None if target is None else ratio >= target if size else ratio <= target
    lacking = {"not_run": [p for p in peers if p not in there]} if len(there) < len(peers) else {}
    return {**row, "sacred": mine, "peer": best, "peer_figure": theirs, "ratio": round(ratio, 4),
            "spread": [round(quartiles[0], 4), round(quartiles[2], 4)], "met": met, **lacking}


def amount(value, unit):
    if unit == "ns":
        return f"{value:12.1f} ns" if value < 1e5 else f"{value / 1e6:12.3f} ms"
    return f"{value:12.2f} {unit}"


def show(row):
    if row["ratio"] is None:
        print(f"  {row['name']}, against {row['peer']}: not measured: {row['why']}", flush=True)
        return
    verdict = "" if row["target"] is None else \
        f"   {row['wanted']} {row['target']}: {'met' if row['met'] else 'NOT REACHED'}"
    if "not_run" in row:
        verdict += f" (without {', '.join(row['not_run'])})"
    print(f"  {row['name']:30} {amount(row['sacred'], row['unit'])}   {row['peer']:15} "
          f"{amount(row['peer_figure'], row['unit'])}   ratio {row['ratio']:7.3f} ({row['spread'][0]:.3f} to "
          f"{row['spread'][1]:.3f}){verdict}", flush=True)


def version(*command):
    said, _ = output(command, 20)
    return " ".join(said.strip().splitlines()[0].split()) if said and said.strip() else "not there"


def machine():
    try:
        with open("/proc/cpuinfo") as info:
            model = re.search(r"model name\s*:\s*(.*)", info.read())[1]
    except (OSError, TypeError):
        model = platform.processor() or "unknown"
    return {"processor": model, "processors": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "openmpi": version("mpirun.openmpi", "--version"), "mpich": version("mpichversion"),
            "compiler": version(os.environ.get("CC", "gcc"), "--version"), "load_before": os.getloadavg()[0]}


def measured(chosen, blocks):
    """The rows of these contests, shown as they come."""
    rows = []
    for contest in chosen:
        print(f"{contest.name}, against {', '.join(p for p in contest.programs if p != 'sacred')}", flush=True)
        counts, dropped = sized(contest)
        got = fought(contest, counts, max(2, round(blocks * contest.share))) if "sacred" in counts else []
        for row in (judged(got, dropped, *wanted) for wanted in contest.rows()):
            rows.append({**row, **getattr(contest, "details", {})})
            show(row)
    return rows


def write(path, rows):
    """Rows to a file; what it has of other names stays."""
    try:
        with open(path) as file:
            before = json.load(file)
    except (OSError, ValueError):
        before = []
    names = {row["name"] for row in rows}
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump([row for row in before if row["name"] not in names] + rows, file, indent=1)
        file.write("\n")


def summed_up(rows):
    """In words, and the exit status: a target that is not reached is said, and fails nothing, as no time does."""
    missed, unmeasured = sum(row["met"] is False for row in rows), sum(row["ratio"] is None for row in rows)
    return f"{missed} targets not reached, {unmeasured} rows not measured", 1 if unmeasured else 0
