"""Break the code, the door or the machine on purpose: the named goal must fall."""
# SPDX-License-Identifier: BSD-2-Clause
import argparse
import copy as copying
import fcntl
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import threading
import time
import tomllib

from . import coverage, record
from .common import (ROOT, Config, Progress, check_versions, die, frama_c, in_turn, make_copy, read_json, run_main, side_by_side,
                     sources_digest, why3_config, write_json)

BUILD = os.path.join(ROOT, "build", "mutants")
LIST = os.path.join(ROOT, "proofs", "mutants.toml")
COMMITTED = os.path.join(ROOT, "proofs", "cache", "mutants.json")
KEYS = {"unit", "file", "old", "new", "nth", "function", "goal", "prop", "kills", "gone", "run", "expect"}
PROVERS = 3  # all of one goal at once


class Mutant:
    def __init__(self, name, table, config):
        def need(ok, what):
            if not ok:
                die(f"mutants.toml: {name}: {what}")
        unknown = set(table) - KEYS
        need(not unknown, f"unknown key {', '.join(sorted(unknown))}")
        for key in ("file", "old", "new", "kills"):
            need(isinstance(table.get(key), str), f"`{key}` is missing")
        need(("run" in table) != ("unit" in table), "give either unit and goal, or run")
        self.name, self.file, self.old, self.new = name, table["file"], table["old"], table["new"]
        self.nth, self.kills, self.gone = table.get("nth"), table["kills"], table.get("gone", False)
        self.run, self.expect = table.get("run"), table.get("expect")
        self.unit = self.function = self.goal = self.prop = None
        if not self.run:
            need(table["unit"] in config.units, f"no unit {table['unit']}")
            need("goal" in table, "`goal` is missing")
            self.unit = config.units[table["unit"]]
            self.function, self.prop = table.get("function"), table.get("prop")
            if self.prop:
                self.unit = self.unit.whole()  # WP finds no assert by its name where a behavior is chosen
            self.goal = re.compile(table["goal"])

    def text(self, original):
        """The file with the change made; says why it cannot be made."""
        count = original.count(self.old)
        if count == 0:
            return None, f"the old text is not in {self.file}"
        if self.nth is None and count > 1:
            return None, f"the old text is {count} times in {self.file}: say which with nth"
        at = -1
        for _ in range(self.nth or 1):
            at = original.find(self.old, at + 1)
            if at < 0:
                return None, f"the old text is only {count} times in {self.file}"
        text = original[:at] + self.new + original[at + len(self.old):]
        return (text, None) if text != original else (None, "old and new text are the same")

    def selection(self):
        return (["-wp-fct", self.function] if self.function else []) + (["-wp-prop=" + self.prop] if self.prop else [])

    def key(self):
        if self.run:
            return "run\0" + self.run
        return "\0".join([self.unit.name, self.function or "", self.prop or ""])


def complaints(run):
    """Frama-C's warnings without line numbers: a mutant may not add one."""
    return {re.sub(r":\d+", "", t) for t in run.troubles}


def command(text, where, timeout=600):
    try:
        return subprocess.run(text, shell=True, cwd=where, capture_output=True, text=True, errors="replace",
                              timeout=timeout, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return None


class Baselines:
    """What the unmutated text says: once per selection of a unit. Committed in proofs/cache, and what that lacks is
    measured and kept under build/."""

    def __init__(self, config, conf):
        self.config, self.conf = config, conf
        self.path = os.path.join(BUILD, "baseline.json")
        self.known = {**(read_json(self.path, {}) or {}), **(read_json(COMMITTED, {}) or {})}
        self.used = {}
        self.lock, self.locks, self.digests = threading.Lock(), {}, {}
        self.tree = None

    def once(self, key):
        with self.lock:
            return self.locks.setdefault(key, threading.Lock())

    def pristine(self):
        with self.once("tree"):
            if self.tree is None:
                self.tree = make_copy(os.path.join(BUILD, "unmutated"))
        return self.tree

    def key(self, mutant):
        """Of the text that the goals come from, as Frama-C prints it, and which of them are asked for."""
        if mutant.run:
            text = sources_digest()
        else:
            unit = mutant.unit
            name = unit.name + (":whole" if mutant.prop else "")
            with self.once(name):
                if name not in self.digests:
                    where = os.path.join(BUILD, "baseline", re.sub(r"\W", "-", name))
                    os.makedirs(where, exist_ok=True)
                    self.digests[name] = record.digest(unit, self.config, where)
            text = self.digests[name]
        return hashlib.sha256((text + "\0" + mutant.key()).encode()).hexdigest()

    def get(self, mutant):
        key = self.key(mutant)
        with self.once(key):
            if key not in self.known:
                result = self.measure(mutant, key)
                with self.lock:
                    self.known[key] = result
                    write_json(self.path, self.known)
            self.used[key] = self.known[key]
            return self.known[key]

    def commit(self):
        with open(COMMITTED, "w") as out:  # one selection a line: small diffs
            out.write("{\n" + ",\n".join(f'"{k}": {json.dumps(v, sort_keys=True)}' for k, v in sorted(self.used.items())) + "\n}\n")

    def measure(self, mutant, key):
        tree = self.pristine()
        if mutant.run:
            done = command(mutant.run, tree)
            return {"rc": None if done is None else done.returncode, "tail": "" if done is None else (done.stdout + done.stderr)[-400:]}
        run = in_turn(self.config, mutant.unit, os.path.join(BUILD, "baseline", key[:12]), self.conf, par=PROVERS, cache="none",
                      session=os.path.join(BUILD, "session", mutant.unit.name), extra=mutant.selection(), cwd=tree)
        return {"rc": run.rc, "goals": run.goals, "warnings": sorted(complaints(run))}


def overlay(where, file, text):
    """The tree by links, but for one file. For what only reads it."""
    shutil.rmtree(where, ignore_errors=True)
    source, target = ROOT, where
    for part in file.split("/"):
        os.mkdir(target)
        for entry in os.listdir(source):
            if entry != part and not (source == ROOT and (entry.startswith(".") or entry == "build")):
                os.symlink(os.path.join(source, entry), os.path.join(target, entry))
        source, target = os.path.join(source, part), os.path.join(target, part)
    with open(target, "w", newline="") as out:
        out.write(text)


def try_mutant(mutant, number, config, limits, baselines):
    """(verdict, note): KILLED, SURVIVED or ERROR."""
    with open(os.path.join(ROOT, mutant.file), newline="") as file:
        text, why = mutant.text(file.read())
    if why:
        return "ERROR", why
    base = baselines.get(mutant)
    where = os.path.join(BUILD, f"tree{number}")
    try:
        if mutant.run:  # it may build, and write where it likes
            make_copy(where)
            with open(os.path.join(where, mutant.file), "w", newline="") as file:
                file.write(text)
            return try_run(mutant, base, where)
        overlay(where, mutant.file, text)
        return try_goal(mutant, number, base, where, config, limits)
    finally:
        shutil.rmtree(where, ignore_errors=True)


def try_run(mutant, base, where):
    if base["rc"] != 0:
        return "ERROR", f"the unmutated text does not pass `{mutant.run}`: {base['rc']} {base['tail'][-120:]!r}"
    done = command(mutant.run, where)
    if done is None:
        return "ERROR", "no end after 600 s"
    output = done.stdout + done.stderr
    if done.returncode == 0:
        return "SURVIVED", f"`{mutant.run}` passes"
    if mutant.expect and not re.search(mutant.expect, output):
        return "ERROR", f"`{mutant.run}` ends with {done.returncode}, but nothing like {mutant.expect!r} in {output[-120:]!r}"
    return "KILLED", f"`{mutant.run}` ends with {done.returncode}"


def try_goal(mutant, number, base, where, config, limits):
    before = {name: goal for name, goal in base["goals"].items() if mutant.goal.fullmatch(name)}
    if base["rc"] != 0 or not base["goals"]:
        return "ERROR", "Frama-C fails on the unmutated text"
    if not before:
        return "ERROR", f"no goal {mutant.goal.pattern} before the change; there are: {' '.join(list(base['goals'])[:12])}"
    open_before = [name for name, goal in before.items() if not goal[0]]
    if open_before:
        return "ERROR", f"{open_before[0]} is not proved before the change"
    steps = dict(limits["floor"])
    for valid, prover, used in before.values():
        short = prover.split()[0].lower()
        if short in steps:
            steps[short] = max(steps[short], limits["factor"] * used)
    models = any("models" in prover for _, prover, _ in before.values())
    conf = why3_config(config, os.path.join(BUILD, f"why3-{number}.conf"), steps, late=0,  # all have to fail
                       patience=limits["timeout"] if models else limits["models"])

    def decided(run):
        """The named goal has fallen, or all of that name still stand: the rest need not be tried."""
        named = [goal[0] for name, goal in run.goals.items() if name in before]
        return not all(named) or len(named) == len(before)
    run = frama_c(mutant.unit, os.path.join(BUILD, "logs", re.sub(r"\W+", "-", mutant.name)), conf,
                  provers=config.common["provers"], par=PROVERS, timeout=limits["timeout"],
                  steps=max(steps.values()), cache="none", session=os.path.join(BUILD, "session", mutant.unit.name),
                  extra=mutant.selection(), cwd=where, watch=decided)
    os.remove(conf)
    if not run.stopped and run.rc != 0:
        return "ERROR", "Frama-C does not accept the mutant: " + "; ".join(run.troubles)[:200]
    new = sorted(complaints(run) - set(base["warnings"]))
    if new:
        return "ERROR", "the mutant makes Frama-C warn: " + new[0][:200]
    after = {name: goal for name, goal in run.goals.items() if mutant.goal.fullmatch(name)}
    fallen = [name for name, goal in after.items() if not goal[0]]
    if not fallen and len(after) < len(before):
        lost = ", ".join(sorted(set(before) - set(after))) or "some"
        if not mutant.gone:
            return "ERROR", f"the goal disappeared: {lost} (declare it with gone = true, if that is the point)"
        return "KILLED", f"the goal disappeared: {lost}"
    if fallen:
        return "KILLED", " ".join(fallen)
    others = run.unproved()
    return "SURVIVED", f"{' '.join(after)[:100]} still proved" + (f"; fallen before it: {' '.join(others)[:200]}" if others else "")


def longest_first(mutants, known):
    """By the steps that CVC4 took for the goal, where it proved that: no processor is to wait at the end for one of these."""
    steps = {}
    for told in known.values():
        for name, (_, prover, used) in told.get("goals", {}).items():
            if prover.startswith("CVC4"):
                steps[name] = max(steps.get(name, 0), used or 0)
    return sorted(mutants, key=lambda m: -max((used for name, used in steps.items() if m.goal and m.goal.fullmatch(name)), default=0))


def main():
    config = Config()
    parser = argparse.ArgumentParser(prog="proofs/mutants", description=__doc__)
    parser.add_argument("name", nargs="*", help="mutants whose name or unit contains this; default: all")
    parser.add_argument("--sample", type=int, metavar="N", help="only N of them, drawn by the seed")
    parser.add_argument("--seed", type=int, help="for --sample; drawn and printed if not given")
    parser.add_argument("--jobs", type=int, default=3, help="mutants side by side (default 3: where one waits, two run)")
    parser.add_argument("--update", action="store_true", help="write what the unmutated text says to proofs/cache (after a whole run)")
    parser.add_argument("--list", action="store_true", help="what each stands for")
    args = parser.parse_args()
    try:
        with open(LIST, "rb") as file:
            data = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        die(f"{LIST}: {error}")
    limits = data.get("limits", {})
    lacking = {"factor", "floor", "timeout", "models"} - set(limits)
    if lacking:
        die(f"mutants.toml: [limits] lacks {', '.join(sorted(lacking))}")
    mutants = [Mutant(name, table, config) for name, table in data.get("mutant", {}).items()]
    unnamed = coverage.unnamed(mutants)
    if unnamed:
        die("no mutant stands for: " + "; ".join(unnamed))
    if args.name:
        mutants = [m for m in mutants if any(n in m.name or m.unit and n in (m.unit.name, m.unit.primitive) for n in args.name)]
    if not mutants:
        die("no such mutant" if args.name else "proofs/mutants.toml has no mutant")
    if args.sample and args.sample < len(mutants):
        seed = args.seed if args.seed is not None else random.SystemRandom().randrange(10**6)
        print(f"{args.sample} of {len(mutants)} mutants; the same again with --sample {args.sample} --seed {seed}")
        mutants = random.Random(seed).sample(mutants, args.sample)
    if args.list:
        for m in mutants:
            print(f"{m.name:<44} {m.unit.name if m.unit else 'run':<16} {m.kills}")
        return 0
    os.makedirs(BUILD, exist_ok=True)
    lock = open(os.path.join(BUILD, "lock"), "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        die("another run is under way in build/mutants")
    conf = None
    if any(not m.run for m in mutants):
        check_versions(config, ["frama-c", "why3", *config.common["provers"]])
        conf = why3_config(config, os.path.join(BUILD, "why3.conf"), config.common["steps"])
    baselines, progress, start = Baselines(config, conf), Progress(), time.monotonic()
    print(f"{len(mutants)} mutants, {args.jobs} at a time; killed = the named goal is unproved within "
          f"{limits['factor']} times the steps that it took unbroken")
    results = {}

    def work(item):
        number, mutant = item
        progress.set(f"{len(results)}/{len(mutants)}", mutant.name)
        began = time.monotonic()
        verdict, note = try_mutant(copying.copy(mutant), number, config, limits, baselines)
        results[mutant.name] = {"verdict": verdict, "note": note, "kills": mutant.kills, "seconds": round(time.monotonic() - began, 1)}
        with progress.lock:
            progress.parts.clear()
        progress.end("", f"  {verdict:<8} {mutant.name:<40} {time.monotonic() - began:5.1f} s  {note}")
    side_by_side(args.jobs, list(enumerate(longest_first(mutants, baselines.known))), work)
    count = {v: [n for n, r in results.items() if r["verdict"] == v] for v in ("KILLED", "SURVIVED", "ERROR")}
    write_json(os.path.join(BUILD, "results.json"), {"mutants": results, "seconds": round(time.monotonic() - start, 1)})
    if args.update and not args.name and not args.sample:
        baselines.commit()
    print(f"\n{len(count['KILLED'])} of {len(mutants)} mutants killed in {time.monotonic() - start:.0f} s.")
    for verdict, word in (("SURVIVED", "survived"), ("ERROR", "in error")):
        for name in count[verdict]:
            print(f"  {word}: {name}: {results[name]['note']}\n    stands for: {results[name]['kills']}")
    return 0 if len(count["KILLED"]) == len(mutants) else 1


if __name__ == "__main__":
    run_main(main)
