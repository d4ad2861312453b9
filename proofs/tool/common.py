"""Configuration, provers and one run of Frama-C, for all the commands of proofs/."""
# SPDX-License-Identifier: BSD-2-Clause
import collections
import copy
import csv
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build", "proof")


class Trouble(Exception):
    """Something that ends the command with one message."""


def die(message):
    raise Trouble(message)


def run_main(main):
    os.chdir(ROOT)
    try:
        sys.exit(main())
    except Trouble as trouble:
        print(f"{os.path.basename(sys.argv[0])}: {trouble}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        for process in list(LIVE):
            stop(process)


# -- configuration ----------------------------------------------------------

class Unit:
    KEYS = {"file", "protocol", "primitive", "goals", "generic", "functions", "flags", "cpp", "also_for", "before", "dead"}

    def __init__(self, name, table, common):
        unknown = set(table) - self.KEYS
        if unknown:
            die(f"units.toml: unit {name}: unknown key {', '.join(sorted(unknown))}")
        if "file" not in table:
            die(f"units.toml: unit {name} has no file")
        self.name, self.file = name, table["file"]
        self.protocol = table.get("protocol", "")
        self.primitive = table.get("primitive", name)
        self.goals = table.get("goals")
        self.generic = table.get("generic", False)  # its protocol is open: what it proves holds under each
        self.functions = table.get("functions", [])
        self.flags = common["flags"] + table.get("flags", [])
        self.also_for = table.get("also_for", [])
        self.before = table.get("before")
        self.dead = table.get("dead", [])
        self.cpp = [a.replace("@protocol@", self.protocol) for a in common["cpp"]
                    if self.protocol or "@protocol@" not in a] + table.get("cpp", [])


    def whole(self):
        """The unit without its choice of goals: smoke tests and asserts belong to no behavior."""
        out, flags = copy.copy(self), iter(self.flags)
        out.flags = [flag for flag in flags if flag not in ("-wp-bhv", "-wp-prop") or not next(flags, None)]
        return out


class Config:
    def __init__(self, root=ROOT):
        self.path = os.path.join(root, "proofs", "units.toml")
        try:
            with open(self.path, "rb") as file:
                data = tomllib.load(file)
        except (OSError, tomllib.TOMLDecodeError) as error:
            die(f"{self.path}: {error}")
        self.versions, self.common = data["versions"], data["common"]
        self.library = data.get("library", {"cc": ["gcc"], "files": []})
        self.units = {n: Unit(n, t, self.common) for n, t in data.get("unit", {}).items()}
        self.probes = {n: Unit(n, t, self.common) for n, t in data.get("probe", {}).items()}

    def pick(self, names):
        """Units named, or all of them; a primitive's name means all of its units."""
        if not names:
            return list(self.units.values())
        picked = []
        for name in names:
            found = [u for u in self.units.values() if name in (u.name, u.primitive)]
            if not found:
                die(f"no unit or primitive {name}; there are: {' '.join(self.units)}")
            picked += [u for u in found if u not in picked]
        return picked

    def accept(self, figures):
        """Write the number of goals of each unit into units.toml, below the other keys of its section."""
        with open(self.path) as file:
            lines = file.read().split("\n")
        for name, goals in figures.items():
            start = next((k for k, line in enumerate(lines) if line.startswith(f"[unit.{name}]")), None)
            if start is None:
                die(f"units.toml: write unit {name} as a section [unit.{name}]")
            end = next((k for k in range(start + 1, len(lines)) if not re.match(r"[\w-]+\s*=|\s+\S|#", lines[k])), len(lines))
            lines[start:end] = [line for line in lines[start:end] if not re.match(r"goals\s*=", line)] + [f"goals = {goals}"]
        with open(self.path, "w") as file:
            file.write("\n".join(lines))


# -- tools ------------------------------------------------------------------

ASK = {"frama-c": (["frama-c", "-version"], r"(.+)"), "why3": (["why3", "--version"], r"version (\S+)"),
       "z3": (["z3", "--version"], r"version (\S+)"), "cvc4": (["cvc4", "--version"], r"version (\S+)"),
       "cvc5": (["cvc5", "--version"], r"version (\S+)")}


def check_versions(config, names):
    wrong = []
    for name in dict.fromkeys(name.removesuffix("-models") for name in names):
        wanted = config.versions[name]
        command, pattern = ASK[name]
        try:
            text = subprocess.run(command, capture_output=True, text=True, check=False).stdout
            match = re.search(pattern, text)
            found = match.group(1).strip() if match else "no version that I can read"
        except OSError:
            found = "not installed"
        if found != wanted:
            wrong.append(f"  {name}: wanted {wanted}, found {found}")
    if wrong:
        die("the provers are not those of the committed figures:\n" + "\n".join(wrong) +
            "\n  remedy: install the wanted versions (Debian 12 packages them), or change\n"
            "  [versions] in proofs/units.toml, prove everything anew and commit what changed")


def why3_config(config, where, steps, late=2, patience=0):
    """Write a Why3 configuration with these step limits; returns its path. z3-models starts `late` seconds after the
    others, and is stopped after `patience` seconds of a processor's time; 0: it is not."""
    with open(os.path.join(ROOT, "proofs/provers/why3.conf.in")) as file:
        text = file.read()
    ask = lambda option: subprocess.run(["why3", option], capture_output=True, text=True, check=True).stdout.strip()
    known = {"DATADIR": ask("--print-datadir"), "LIBDIR": ask("--print-libdir"),
             "PROVERS": os.path.join(ROOT, "proofs/provers")}
    known["LATE"] = f"{known['PROVERS']}/late {late} " if late else ""
    for name in ("z3", "cvc4", "cvc5"):
        known[name] = shutil.which(name) or f"/missing/{name}"
        known[name + "_VERSION"] = config.versions[name]
        known[name + "_STEPS"] = str(steps.get(name, config.common["steps"][name]))
    if patience:  # looking for models it may forget to count its steps
        steps_of_models = 'command_steps = "@LATE@'
        if text.count(steps_of_models) != 1:
            die("why3.conf.in: no line for the steps of z3-models alone")
        text = text.replace(steps_of_models, f"{steps_of_models}{shutil.which('prlimit')} --cpu={patience} ")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#")) + "\n"
    text = re.sub(r"@(\w+)@", lambda m: known[m.group(1)], text)
    os.makedirs(os.path.dirname(where), exist_ok=True)
    with open(where, "w") as file:
        file.write(text)
    return where


def make_copy(where):
    shutil.rmtree(where, ignore_errors=True)
    os.makedirs(where)
    for entry in os.listdir(ROOT):
        source = os.path.join(ROOT, entry)
        if entry.startswith(".") or entry == "build":
            continue
        if os.path.isdir(source):
            shutil.copytree(source, os.path.join(where, entry), symlinks=True,
                            ignore=shutil.ignore_patterns("cache", "__pycache__", "*.o"))
        else:
            shutil.copy2(source, where)
    return where


# -- one run of Frama-C -----------------------------------------------------

GOAL = re.compile(r"^\[wp\] \[([^\]]+)\] (?:\([A-Za-z]+\) )?Goal (?:typed_)?(\S+)(?: : (\w+))?(.*)$")
SUM = re.compile(r"^\[wp\] Proved goals:\s+(\d+) / (\d+)")
TROUBLE = re.compile(r"Warning:|User Error|No goal generated|Unexpected error|^\[\w+\] Failure|fatal|aborted")


LIVE = set()  # the runs under way, each a process group of its own, provers and all


def stop(process):
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        process.wait()


class Run:
    """What one run said."""

    def __init__(self):
        self.rc, self.lines, self.goals, self.troubles = None, [], {}, []
        self.proved = self.total = self.scheduled = 0
        self.stopped = False  # the watcher had seen enough
        self.seconds = 0.0
        self.recorded = False  # no run at all: from the record of one

    def line(self, line):
        self.lines.append(line)
        goal = GOAL.match(line)
        if goal:
            prover, name, status, rest = goal.groups()
            valid = status == "Valid"
            steps = re.findall(r"\((\d+)\)", rest)
            self.goals[name] = (valid, prover, int(steps[-1]) if steps else 0)
        elif (m := re.match(r"^\[wp\] (\d+) goals? scheduled", line)):
            self.scheduled = self.scheduled or int(m.group(1))
        elif (m := SUM.match(line)):  # again for what the first provers had left, among which all must be that is unproved
            proved, total = int(m.group(1)), int(m.group(2))
            self.total = self.total or total
            self.proved = self.total - (total - proved)
        elif TROUBLE.search(line) and not (self.total and "No goal generated" in line):  # nothing was left
            self.troubles.append(line)
        elif self.troubles and line.startswith("  ") and self.lines[-2] == self.troubles[-1]:
            self.troubles[-1] += " " + line.strip()

    @property
    def by(self):
        """How many goals each prover proved."""
        return collections.Counter(prover for valid, prover, _ in self.goals.values() if valid)

    def unproved(self):
        return [name for name, goal in self.goals.items() if not goal[0]]


def run_before(unit, cwd=None):
    if unit.before:
        done = subprocess.run(unit.before, shell=True, cwd=cwd or ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            die(f"unit {unit.name}: {unit.before}: {done.stdout}{done.stderr}")


def frama_c_environment(cwd=None):
    env = {k: v for k, v in os.environ.items() if not k.startswith("FRAMAC_WP")}
    env.update(LC_ALL="C", PWD=cwd or ROOT)  # Frama-C believes PWD, not the kernel
    return env


ONLY_WP = ["-no-autoload-plugins", "-load-module", "wp,rtegen"]  # it starts in half the time


def frama_c(unit, where, conf, *, provers, then=(), par, timeout, steps=None, cache="none", session=None,
            extra=(), reports=False, cwd=None, watch=None, rte=True):
    """Run WP on a unit; its files go to `where`. What `provers` leave goes to `then`, in the same run: a goal is written
    down for each prover that it goes to, which takes longer than most proofs. It ends early where watch(run) says so."""
    os.makedirs(where, exist_ok=True)
    run_before(unit, cwd)
    command = ["frama-c", *([] if reports else ONLY_WP), "-wp", "-wp-prover", ",".join(provers), "-wp-par", str(par),
               "-wp-timeout", str(timeout), "-wp-cache", cache, "-wp-session", session or os.path.join(where, "session")]
    if steps:
        command += ["-wp-steps", str(steps)]
    chosen = [*[f for f in unit.flags if rte or f != "-wp-rte"], *extra]
    if unit.functions and not any(a == "-wp-fct" for a in extra):
        chosen += ["-wp-fct", ",".join(unit.functions)]
    command += [*chosen, "-cpp-extra-args=" + " ".join(unit.cpp), unit.file]
    if then:
        command += ["-then", "-wp", *chosen, "-wp-prover", ",".join(then)]
    if reports:
        for name in ("report.json", "properties.csv", "printed.c"):
            if os.path.exists(os.path.join(where, name)):
                os.remove(os.path.join(where, name))
        command += ["-wp-report-json", os.path.join(where, "report.json"),
                    "-then", "-no-unicode", "-report-untried", "-report-csv", os.path.join(where, "properties.csv"),
                    "-then", "-print", "-ocode", os.path.join(where, "printed.c"),
                    "-then", "-report-classify", "-report-unclassified-unknown", "ERROR"]
    env = frama_c_environment(cwd)
    env.update(WHY3CONFIG=conf, OCAMLRUNPARAM="s=8M,o=1000")  # it lives for minutes: collect garbage less often
    run, start = Run(), time.monotonic()
    with open(os.path.join(where, "log"), "w") as log:
        log.write(shlex.join(command) + "\n")
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   errors="replace", env=env, cwd=cwd or ROOT, start_new_session=True)
        LIVE.add(process)
        try:
            for line in process.stdout:
                log.write(line)
                run.line(line.rstrip("\n"))
                if watch and watch(run):
                    run.stopped = True
                    break
            if not run.stopped:
                run.rc = process.wait()
        finally:
            stop(process)
            LIVE.discard(process)
    run.seconds = time.monotonic() - start
    return run


def step_flag(config):
    """-wp-steps: only there to choose the step command of each prover; the largest, so that cached results fit."""
    return max(config.common["steps"].values())


def in_turn(config, unit, where, conf, **how):
    """A run with the committed limits: the first prover, then the rest for what it has left. So is proved, and so is
    measured which of them proves a goal and in how many steps, which sets the limits for its mutants."""
    first, *rest = config.common["provers"]
    return frama_c(unit, where, conf, provers=[first], then=rest, timeout=config.common["timeout"],
                   steps=step_flag(config), **how)


def read_csv(path):
    if not os.path.exists(path):
        return []
    with open(path, newline="", errors="replace") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def read_json(path, default=None):
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return default


def write_json(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump(data, file, indent=1, sort_keys=True)
        file.write("\n")


def sources_digest(directories=("primitives", "acsl", "model", "proofs"), root=ROOT, extra=""):
    digest = hashlib.sha256(extra.encode())
    for top in directories:
        for base, dirs, files in sorted(os.walk(os.path.join(root, top))):
            dirs.sort()
            for name in sorted(files):
                if name.endswith((".c", ".h", ".acsl", ".in", ".drv")):
                    path = os.path.join(base, name)
                    digest.update(os.path.relpath(path, root).encode())
                    with open(path, "rb") as file:
                        digest.update(file.read())
    return digest.hexdigest()


# -- progress ---------------------------------------------------------------

class Progress:
    """One line that says how far we are; on a terminal it is overwritten, else printed now and then."""

    def __init__(self, every=20):
        self.lock, self.parts, self.start = threading.Lock(), {}, time.monotonic()
        self.tty, self.every, self.last, self.width = sys.stdout.isatty(), every, 0.0, 0

    def set(self, name, text):
        with self.lock:
            self.parts[name] = text
            now = time.monotonic()
            if now - self.last < (0.2 if self.tty else self.every):
                return
            self.last = now
            line = f"{now - self.start:5.0f} s  " + "  ".join(f"{n} {t}" for n, t in self.parts.items())
            if self.tty:
                line = line[:shutil.get_terminal_size().columns - 1]
                print("\r" + line.ljust(self.width), end="", flush=True)
                self.width = len(line)
            else:
                print(line, flush=True)

    def end(self, name, text=None):
        with self.lock:
            self.parts.pop(name, None)
            if self.tty:
                print("\r" + " " * self.width + "\r", end="")
                self.width = 0
            if text:
                print(text, flush=True)


def side_by_side(jobs, items, work):
    """work(item) for every item, `jobs` at a time, in order; returns the results, raises the first error."""
    results, errors, lock = [None] * len(items), [], threading.Lock()
    todo = iter(range(len(items)))

    def worker():
        while not errors:
            with lock:
                index = next(todo, None)
            if index is None:
                return
            try:
                results[index] = work(items[index])
            except BaseException as error:  # noqa: B902 - passed on below
                errors.append(error)
                return
    threads = [threading.Thread(target=worker, daemon=True) for _ in range(max(1, min(jobs, len(items))))]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.5)
    if errors:
        raise errors[0]
    return results
