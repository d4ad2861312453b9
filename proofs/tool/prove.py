"""Prove the units from nothing, or replay them from the committed cache, and check the gates."""
# SPDX-License-Identifier: BSD-2-Clause
import argparse
import json
import os
import random
import re
import shutil
import time

from . import record, trust
from .common import (BUILD, ROOT, Config, Progress, Run, check_versions, die, in_turn, make_copy, run_main, side_by_side,
                     why3_config, write_json)

REPLAY_PAR = 64  # nothing runs, so a wide queue only spares WP's waiting


def unpack(name, where):
    shutil.rmtree(where, ignore_errors=True)
    os.makedirs(os.path.join(where, "cache"))
    path = os.path.join(record.CACHE, name + ".json")
    if not os.path.exists(path):
        return False
    with open(path) as file:
        for entry, content in json.load(file).items():
            with open(os.path.join(where, "cache", entry + ".json"), "w") as out:
                json.dump(content, out)
    return True


def pack(name, where):
    entries = {}
    for entry in os.listdir(os.path.join(where, "cache")):
        if entry.endswith(".json"):
            with open(os.path.join(where, "cache", entry)) as file:
                try:
                    entries[entry[:-5]] = json.load(file)
                except ValueError:  # WP writes a prover's failure in a way that it could not read again itself
                    continue
    os.makedirs(record.CACHE, exist_ok=True)
    with open(os.path.join(record.CACHE, name + ".json"), "w") as out:  # one result a line: small diffs
        out.write("{\n" + ",\n".join(f'"{k}": {json.dumps(v, sort_keys=True)}' for k, v in sorted(entries.items())) + "\n}\n")


def gates(unit, run, accept, part):
    """What is wrong with a unit's run, as messages."""
    out, allowed = [], [re.compile(p) for p in CONFIG.common.get("allowed_warnings", [])]
    for trouble in run.troubles:
        if "Classified errors found" in trouble or "Plug-in report aborted" in trouble:
            continue
        if not any(p.search(trouble) for p in allowed):
            out.append(f"{unit.name}: Frama-C says: {trouble}")
    failed = run.unproved()
    if run.total == 0:
        out.append(f"{unit.name}: no goal was generated (see build/proof/{unit.name}/log)")
        return out, failed
    if run.proved != run.total or failed:
        out.append(f"{unit.name}: {run.proved} of {run.total} goals proved")
    elif run.rc != 0:
        out.append(f"{unit.name}: Frama-C ended with {run.rc} (see build/proof/{unit.name}/log)")
    if not part and not accept and run.total != unit.goals:
        out.append(f"{unit.name}: {run.total} goals, committed are {unit.goals}"
                   + ("" if unit.goals is None else f" ({run.total - unit.goals:+d})") + "; if that is meant: --accept")
    return out, failed


def from_record(unit, mark, where):
    """The run that is on record for this very text, or None."""
    log = record.read(unit, mark, where)
    if log is None:
        return None
    run = Run()
    for line in log.splitlines():
        run.line(line)
    run.rc, run.recorded = 0, True
    return run


def prove_unit(unit, args, conf, progress):
    where = os.path.join(BUILD, unit.name)
    os.makedirs(where, exist_ok=True)
    session, cache, par, mark = os.path.join(where, "session"), "none", args.par, None
    if not args.function:
        mark = record.digest(unit, CONFIG, where)
    if mark and (args.replay or args.update) and (run := from_record(unit, mark, where)):
        progress.end(unit.name, f"  {unit.name:<18} {run.proved:>4} / {run.total:<4} recorded")
        return run
    if args.replay:
        cache, par = "offline", REPLAY_PAR
        if not unpack(unit.name, session):
            die(f"nothing to replay for unit {unit.name}: proofs/cache/{unit.name}.json is missing (--update makes it)")
    elif args.update:
        cache = "update" if args.function else "cleanup"  # the rest of the unit is still wanted
        unpack(unit.name, session)

    def watch(run):
        if run.scheduled or run.goals:
            progress.set(unit.name, f"{len(run.goals)}/{unit.goals or run.scheduled}")
    progress.set(unit.name, "...")
    extra = ["-wp-fct", args.function] if args.function else []
    run = in_turn(CONFIG, unit, where, conf, par=par, cache=cache, session=session, reports=True, extra=extra, watch=watch)
    if args.update and run.total:
        pack(unit.name, session)
        if mark and run.rc == 0 and run.proved == run.total and not run.unproved():
            record.write(unit, mark, where)
    bad = "" if run.total and run.proved == run.total else "  FAILED"
    progress.end(unit.name, f"  {unit.name:<18} {run.proved:>4} / {run.total:<4} {run.seconds:6.1f} s{bad}")
    return run


def table(units, runs):
    shown = [("Qed", "Qed")] + [(p, p.upper() if p != "z3" else "Z3") for p in CONFIG.common["provers"] if not p.endswith("-models")]
    print(f"\n{'primitive':<16} {'unit':<18} {'goals':>11}  " + " ".join(f"{label:>5}" for label, _ in shown) + "      s")
    last = None
    for unit, run in sorted(zip(units, runs), key=lambda x: list(CONFIG.units).index(x[0].name)):
        by = figures(run)
        print(f"{unit.primitive if unit.primitive != last else '':<16} {unit.name:<18} {run.proved:>5} / {run.total:<4} "
              + " ".join(f"{by.get(label, 0):>5}" for label, _ in shown) + f" {run.seconds:6.1f}")
        last = unit.primitive


def figures(run):
    by = {}
    for prover, count in run.by.items():
        name = {"Z3": "z3", "CVC4": "cvc4", "CVC5": "cvc5"}.get(prover.split()[0], "Qed")
        by[name] = by.get(name, 0) + count
    return by


def main():
    global CONFIG
    CONFIG = Config()
    parser = argparse.ArgumentParser(prog="proofs/prove", description=__doc__)
    parser.add_argument("unit", nargs="*", help="units or primitives; default: all")
    parser.add_argument("--replay", action="store_true", help="from the committed cache: no prover runs")
    parser.add_argument("--update", action="store_true", help="prove what the committed cache lacks, and write it anew")
    parser.add_argument("--accept", action="store_true", help="write the numbers of goals and proofs/assumed.txt")
    parser.add_argument("--function", metavar="F", help="only this function of the unit; gates on numbers are off")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="units side by side (default: processors)")
    parser.add_argument("--par", type=int, default=6, help="provers per unit, those that wait for the first included (default 6)")
    parser.add_argument("--sample", type=int, metavar="N", help="only N of the units, drawn by the seed")
    parser.add_argument("--seed", type=int, help="for --sample; drawn and printed if not given")
    parser.add_argument("--self-test", action="store_true", help="would the checks between units notice? plants faults, proves nothing")
    parser.add_argument("--list", action="store_true", help="the units, and nothing else")
    args = parser.parse_args()
    if args.self_test:
        where = os.path.join(BUILD, "self-test")
        failures = trust.self_test() + record.self_test(CONFIG.units["barrier-code"], CONFIG, where, make_copy)
        print("All planted faults were found." if not failures else f"{failures} of the checks between units are wrong.")
        return 1 if failures else 0
    units, whole = CONFIG.pick(args.unit), not args.unit and not args.function and not args.sample
    if args.sample and args.sample < len(units):
        seed = args.seed if args.seed is not None else random.SystemRandom().randrange(10**6)
        print(f"{args.sample} of {len(units)} units; the same again with --sample {args.sample} --seed {seed}")
        units = random.Random(seed).sample(units, args.sample)
    if args.list:
        for unit in units:
            print(f"{unit.name:<18} {unit.primitive:<14} {unit.goals or '-':>5}  {unit.file}  {unit.protocol}")
        return 0
    if not units:
        die("proofs/units.toml has no unit")
    if args.accept and args.function:
        die("--accept needs whole units")
    check_versions(CONFIG, ["frama-c", "why3", *CONFIG.common["provers"]])
    conf = why3_config(CONFIG, os.path.join(BUILD, "why3.conf"), CONFIG.common["steps"])
    print(f"{'Replaying' if args.replay else 'Proving'} {len(units)} unit{'s' * (len(units) != 1)}, {args.jobs} at a time"
          + (", from what is committed: no prover runs" if args.replay else
             ", with help of what is committed" if args.update else ", from nothing"))
    start, progress = time.monotonic(), Progress()
    longest = sorted(units, key=lambda u: -(u.goals or 10**6))
    done = dict(zip([u.name for u in longest], side_by_side(args.jobs, longest, lambda u: prove_unit(u, args, conf, progress))))
    runs, seconds = [done[u.name] for u in units], time.monotonic() - start
    table(units, runs)

    problems, failed = [], []
    for unit, run in zip(units, runs):
        bad, goals = gates(unit, run, args.accept, bool(args.function))
        problems += bad
        failed += [f"{unit.name}: {goal}" for goal in goals]
    facts = [trust.Facts.of(unit) for unit in units]
    for fact, run in zip(facts, runs):
        if run.total and run.proved == run.total:
            problems += [f"{fact.unit.name}: {odd}" for odd in fact.odd]
    assumed = set().union(*(f.lines() for f in facts))
    if args.accept and not failed and all(r.total for r in runs):
        CONFIG.accept({u.name: r.total for u, r in zip(units, runs)})
        trust.write_assumed(assumed if whole else assumed | trust.committed())
        print("\naccepted: the numbers of goals in proofs/units.toml, and proofs/assumed.txt")
    elif args.accept:
        problems.append("nothing is accepted while a goal is unproved")
    if not args.function:
        problems += trust.check_assumed(facts, whole) if not args.accept else []
        problems += trust.check_axioms(facts)
    shipped = ""
    if whole:
        problems += trust.check_contracts(facts) + trust.check_generic(facts, trust.left_open(CONFIG)) + trust.check_lemmas(facts)
        bad, functions, covered = trust.check_shipped(CONFIG, facts)
        problems += bad
        shipped = f"; {covered} of {functions} functions of the library proved or named in TRUST.md"
    write_json(os.path.join(BUILD, "results.json"), {
        "mode": "replay" if args.replay else "cold" if not args.update else "update", "whole": whole,
        "seconds": round(seconds, 1), "ok": not problems, "assumed": len(assumed),
        "units": {u.name: {"primitive": u.primitive, "file": u.file, "protocol": u.protocol, "goals": r.total, "proved": r.proved,
                           "by": figures(r), "seconds": round(r.seconds, 1), "failed": r.unproved()} for u, r in zip(units, runs)}})

    total, proved = sum(r.total for r in runs), sum(r.proved for r in runs)
    print(f"\n{proved} of {total} goals proved in {seconds:.0f} s; {len(assumed)} assumptions{shipped}.")
    recorded = sum(run.recorded for run in runs)
    if recorded:
        print(f"{recorded} of {len(units)} units are, as Frama-C prints them, the text that is on record in proofs/cache: their results "
              "were taken from there.")
    if args.replay:
        print("This was a replay: results of the provers came from proofs/cache. Without --replay nothing is remembered."
              + (" A goal unproved here is one that the cache does not know: --update tries it." if failed else ""))
    if not whole:
        print("Part of the proofs: whether contracts are proved elsewhere and what ships unproved is checked by a whole run.")
    if failed:
        print("\nNot proved:\n" + "\n".join("  " + goal for goal in failed))
        print(f"One again:  proofs/prove {failed[0].split(':')[0]} --function FUNCTION   (log: build/proof/UNIT/log)")
    if problems:
        print("\nFAILED:\n" + "\n".join("  - " + problem for problem in problems))
        return 1
    print("All proved.")
    return 0


CONFIG = None
if __name__ == "__main__":
    run_main(main)
