"""What the last whole run of a unit said, kept with the text that it was said of.

A unit's program as Frama-C prints it, after preprocessing and typing and with all its annotations, is all that its goals
come from. Where that text is the recorded one, and provers, options and versions are too, so are the goals: their results
are taken from the record, and every gate looks at them anew.
"""
# SPDX-License-Identifier: BSD-2-Clause
import gzip
import hashlib
import json
import os
import shlex
import subprocess

from .common import ROOT, die, frama_c_environment, run_before

CACHE = os.path.join(ROOT, "proofs", "cache")
KEPT = ("log", "properties.csv", "report.json")


def path_of(unit):
    return os.path.join(CACHE, unit.name + ".record.gz")


def digest(unit, config, where, cwd=None):
    """Of all that the unit's goals and their results depend on; leaves printed.c in `where`."""
    run_before(unit, cwd)
    printed = os.path.join(where, "printed.c")
    command = ["frama-c", "-no-unicode", "-cpp-extra-args=" + " ".join(unit.cpp), unit.file, "-print", "-ocode", printed]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=frama_c_environment(cwd),
                          cwd=cwd or ROOT, check=False)
    if done.returncode:
        die(f"unit {unit.name}: {shlex.join(command)}: {(done.stdout + done.stderr)[-400:]}")
    how = {"flags": unit.flags, "functions": unit.functions, "versions": config.versions,
           "common": {k: v for k, v in config.common.items() if k != "allowed_warnings"}}  # these are a gate's
    with open(printed, "rb") as text, open(os.path.join(ROOT, "proofs/provers/why3.conf.in"), "rb") as provers:
        return hashlib.sha256(json.dumps(how, sort_keys=True).encode() + b"\0" + provers.read() + b"\0" + text.read()).hexdigest()


def write(unit, mark, where):
    files = {}
    for name in KEPT:
        with open(os.path.join(where, name), errors="replace") as file:
            files[name] = file.read().replace(ROOT + "/", "")
    files["log"] = files["log"].partition("\n")[2]  # without the command
    with open(path_of(unit), "wb") as out:
        out.write(gzip.compress(json.dumps({"of": mark, "files": files}, sort_keys=True).encode(), 9, mtime=0))


def read(unit, mark, where):
    """Put the files of the record into `where`; returns the log, or None where the record is of another text."""
    try:
        with gzip.open(path_of(unit), "rt") as file:
            kept = json.load(file)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError) as error:
        die(f"{os.path.relpath(path_of(unit), ROOT)}: {error}; remedy: remove it, and proofs/prove {unit.name} --update")
    if kept["of"] != mark:
        return None
    for name in KEPT:
        with open(os.path.join(where, name), "w") as file:
            file.write(kept["files"][name])
    return kept["files"]["log"]


def self_test(unit, config, where, copy_tree):
    """Is a record taken for another text, or not for the same? Changes a copy of the unit; the number of mistakes."""
    tree = copy_tree(os.path.join(where, "tree"))
    path = os.path.join(tree, unit.file)
    with open(path) as file:
        text = file.read()
    changes = {  # the text, and whether it is another for the proofs
        "a number in the code": (text.replace("+ 1", "+ 2", 1), True),
        "a contract": (text.replace("ensures", "ensures \\true; ensures", 1), True),
        "a comment": (text + "/* nothing */\n", False),
    }
    mark, wrong = digest(unit, config, where, cwd=tree), 0
    for what, (changed, is_another) in changes.items():
        if changed == text:
            die(f"self-test: {unit.file} has no place for {what}")
        with open(path, "w") as file:
            file.write(changed)
        seen = digest(unit, config, where, cwd=tree) != mark
        wrong += seen != is_another
        print(f"  {'ok' if seen == is_another else 'WRONG'}: a record and {what}: {'another text' if seen else 'the same text'}")
    return wrong
