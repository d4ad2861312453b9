"""Doubt the premises: smoke tests of every unit, and probes whose \\false must stay unproved."""
# SPDX-License-Identifier: BSD-2-Clause
import argparse
import os
import random
import re
import time

from .common import (ROOT, BUILD, Config, Progress, check_versions, die, frama_c, run_main, side_by_side, why3_config,
                     write_json)

WHERE = os.path.join(BUILD, "doubt")
ONLY_SMOKE = "-wp-prop=-@ensures,-@assigns,-@invariant,-@requires,-@variant,-@assert,-@exits,-@lemma"
SMOKE = re.compile(r"^\[wp\] \[(\w+)\] Smoke-test (?:typed_)?(\S+)")
PROVERS = ("z3", "z3-models", "cvc4", "cvc5")
# The goal of a probe function p_NAME that says \false: its ensures, or an assert named doubt; or a lemma p_NAME.
PROBE = re.compile(r"(p_\w+?)_(ensures\w*|assert_doubt\w*)$|lemma_(p_\w+)$")


def smoke(config, unit, conf, progress):
    unit = unit.whole()
    where = os.path.join(WHERE, "smoke-" + unit.name)
    seen = {}

    def watch(run):
        m = SMOKE.match(run.lines[-1])
        if m:
            seen[m.group(2)] = m.group(1)
            progress.set("smoke " + unit.name, f"{len(seen)}/{run.scheduled}")
    progress.set("smoke " + unit.name, "...")
    run = frama_c(unit, where, conf, provers=["cvc4"], par=2, timeout=1,
                  extra=["-wp-smoke-tests", "-wp-smoke-timeout", "1", ONLY_SMOKE], watch=watch)
    every = [name for name, verdict in seen.items() if verdict != "Passed"]
    doomed = [name for name in every if not any(re.fullmatch(p, name) for p in unit.dead)]
    problems = [f"smoke test: {unit.name}: {name}: the premises there are contradictory (or the code is dead)" for name in doomed]
    problems += [f"smoke test: {unit.name}: dead = {p!r} in units.toml fits no dead code any more" for p in unit.dead
                 if run.rc == 0 and not any(re.fullmatch(p, name) for name in every)]
    if run.rc != 0:
        problems.append(f"smoke test: {unit.name}: Frama-C fails: {'; '.join(run.troubles)[:200]}")
    elif not seen and run.scheduled:
        problems.append(f"smoke test: {unit.name}: {run.scheduled} goals, and no smoke test among them (see {where}/log)")
    progress.end("smoke " + unit.name, f"  smoke  {unit.name:<18} {len(seen) - len(doomed):>4} / {len(seen):<4} passed {run.seconds:6.1f} s")
    return len(seen), problems


def text_of(path):
    """A file of probes, with the probes that it includes."""
    with open(os.path.join(ROOT, path)) as file:
        text = file.read()
    return text + "".join(text_of(p) for p in re.findall(r'#include "(proofs/probes/[^"]+)"', text))


def functions_of(path):
    return sorted(set(re.findall(r"\b(p_\w+)\s*\([^;{]*\)\s*\{", text_of(path))))


def lemmas_of(path):
    return sorted(set(re.findall(r"\blemma\s+(p_\w+)", text_of(path))))


def probe(config, item, conf, progress):
    unit, prover, functions, lemmas, seconds = item
    name = f"{unit.name} {prover}"
    where = os.path.join(WHERE, f"probe-{unit.name}-{prover}")
    progress.set("probe " + name, "...")
    verdicts, problems, total = {}, [], 0.0
    for extra in ([["-wp-fct", ",".join(functions)]] if functions else []) + ([["-wp-prop=" + ",".join(lemmas)]] if lemmas else []):
        run = frama_c(unit, where, conf, provers=[prover], par=2, timeout=seconds, extra=extra, rte=False)
        total += run.seconds
        if run.rc != 0:
            problems.append(f"probe: {name}: Frama-C fails: {'; '.join(run.troubles)[:200]}")
        for goal, (valid, by, _) in run.goals.items():
            m = PROBE.match(goal)
            if m:
                verdicts.setdefault(m.group(1) or m.group(3), []).append((goal, valid, by))
    for wanted in (*functions, *lemmas):
        goals = verdicts.get(wanted, [])
        if not goals and not problems:
            problems.append(f"probe: {unit.file}: {wanted} has no goal: give it one `ensures \\false`")
        for goal, valid, by in goals:
            if valid:
                problems.append(f"probe: {unit.name}: {by} proves {goal}: the premises of {wanted} are contradictory")
    held = sum(1 for goals in verdicts.values() if not any(v for _, v, _ in goals))
    count = len(functions) + len(lemmas)
    progress.end("probe " + name, f"  probe  {unit.name:<12} {prover:<5} {held:>4} / {count:<4} unproved, as they must be {total:6.1f} s")
    return count, problems


def main():
    config = Config()
    parser = argparse.ArgumentParser(prog="proofs/doubt", description=__doc__)
    parser.add_argument("unit", nargs="*", help="units, primitives or probes; default: all")
    parser.add_argument("--sample", type=int, metavar="N", help="only N of the units and probes, drawn by the seed")
    parser.add_argument("--seed", type=int, help="for --sample; drawn and printed if not given")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=int, default=2, help="that a prover may spend on a probe (default 2)")
    args = parser.parse_args()
    check_versions(config, ["frama-c", "why3", *PROVERS])
    conf = why3_config(config, os.path.join(WHERE, "why3.conf"), config.common["steps"], late=0)
    units = [u for u in config.units.values() if not args.unit or u.name in args.unit or u.primitive in args.unit]
    probes = [p for p in config.probes.values() if not args.unit or p.name in args.unit or p.primitive in args.unit]
    same = {}  # units that prove other goals of the same text have the same smoke tests
    for u in units:
        same.setdefault((u.file, u.protocol, *u.functions), u)
    work = [("smoke", u) for u in same.values()]
    for p in probes:
        found = functions_of(p.file), lemmas_of(p.file)
        if not any(found):
            die(f"{p.file}: no probe: functions and lemmas named p_*")
        work += [("probe", (p, prover, *found, args.seconds)) for prover in PROVERS]
    if args.sample and args.sample < len(work):
        seed = args.seed if args.seed is not None else random.SystemRandom().randrange(10**6)
        print(f"{args.sample} of {len(work)} runs; the same again with --sample {args.sample} --seed {seed}")
        work = random.Random(seed).sample(work, args.sample)
    if not work:
        die("nothing to doubt")
    covered = {p.protocol for p in probes}
    start, progress = time.monotonic(), Progress()
    done = side_by_side(args.jobs, work, lambda w: (smoke if w[0] == "smoke" else probe)(config, w[1], conf, progress))
    problems = [p for _, found in done for p in found]
    if not args.unit and not args.sample:
        bare = {u.protocol for u in units if u.protocol} - covered
        problems += [f"no probe for the protocol {protocol} (a [probe.NAME] in units.toml)" for protocol in sorted(bare)]
    smoked = sum(n for (kind, _), (n, _) in zip(work, done) if kind == "smoke")
    probed = sum(n for (kind, _), (n, _) in zip(work, done) if kind == "probe")
    write_json(os.path.join(WHERE, "results.json"), {"smoke": smoked, "probes": probed, "problems": problems})
    print(f"\n{smoked} smoke tests and {probed} probes (each prover apart) in {time.monotonic() - start:.0f} s.")
    if problems:
        print("FAILED:\n" + "\n".join("  - " + p for p in problems))
        return 1
    print("No contradiction was found. That is evidence, not proof.")
    return 0


if __name__ == "__main__":
    run_main(main)
