"""What the proofs assume: contracts of body-less functions, axioms, and what ships unproved."""
# SPDX-License-Identifier: BSD-2-Clause
import difflib
import glob
import os
import re
import subprocess

from .common import BUILD, ROOT, read_csv, read_json

ASSUMED = os.path.join(ROOT, "proofs", "assumed.txt")
TRUST = os.path.join(ROOT, "proofs", "TRUST.md")


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip()


def unnamed(text):
    """A clause named as the predicate that it is, `Inv: Inv`, is that predicate."""
    return re.sub(r"\b(\w+): \1\b(?=;|\{|$)", r"\1", text)


# -- what Frama-C printed ---------------------------------------------------

def annotations(printed):
    """The text of every annotation, as Frama-C prints it after preprocessing and typing."""
    text = re.sub(r"/@|@/", " ", "\n".join(re.findall(r"/\*@(.*?)\*/", printed, re.S)))
    return text + "\n" + "\n".join(re.findall(r"//@(.*)", printed))


def braces(text, start):
    """The end of the {...} that opens at `start`."""
    depth = 0
    for i in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return i
    return len(text)


DECLARATION = r"(?:axiom|logic|predicate|type|lemma|inductive|admit|check|model)\b"


def items(body):
    """The declarations of an axiomatic. A semicolon ends one only before the next: quantifiers have theirs too."""
    return [squeeze(item) for item in re.split(rf"[;}}]\s*(?={DECLARATION})|;\s*$", body.strip()) if item.strip()]


WORDS = {"integer", "real", "boolean", "let", "logic", "true", "false", "char", "short", "int", "long", "unsigned",
         "signed", "void", "struct", "enum", "union", "sizeof", "_Bool"}


def head(item):
    """A declaration up to its definition, without what it reads: two of the same head take the same arguments."""
    return re.sub(r"\s+", "", re.split(r"\breads\b|(?<![=<>!])=(?![=>])", item, maxsplit=1)[0]) if item else ""


def name_of(item):
    found = re.match(r"(?:predicate|(?:logic|type)\b.*?)\s*(\w+)\s*(?:[{(=;]|reads\b|$)", item)
    return found.group(1) if found else item


class Annotations:
    def __init__(self, printed):
        text = annotations(printed)
        self.lemmas = {}     # name: (labels, formula)
        self.defined = {}    # logic symbol: (head, definition)
        self.contracts = {}  # function: its contract
        for body in re.findall(r"/\*@(.*?)\*/", printed, re.S):
            outer = re.match(r"\s*axiomatic\s+\w+\s*\{", body)
            for item in items(body[outer.end():braces(body, outer.end() - 1)] if outer else body):
                item = item.rstrip("; ")
                if (m := re.match(r"lemma\s+(\w+)\s*(\{[^}]*\})?\s*:\s*(.*)$", item)):
                    self.lemmas[m.group(1)] = (m.group(2) or "", m.group(3))
                elif (m := re.match(r"(?:predicate|logic)\b.*?(?<![=<>!])=(?![=>])\s*(.*)$", item)):
                    self.defined[name_of(item)] = (head(item), m.group(1))
        for body, function in re.findall(r"/\*@((?:(?!\*/).)*?)(?:\*/|@/)\s*(?:\w+[\s*]+)+?(\w+)\s*\([^;{]*\)\s*[;{]", printed, re.S):
            self.contracts[function] = unnamed(squeeze(re.sub(r"^\s*ghost\s*/@", "", body)))
        self.axioms, self.open = [], []   # (name, labels, formula); uninterpreted declarations
        self.free = set()                 # logic symbols that read no state
        for match in re.finditer(r"\baxiomatic\s+(\w+)\s*\{", text):
            end = braces(text, match.end() - 1)
            for item in items(text[match.end():end]):
                if (m := re.match(r"axiom\s+(\w+)\s*(\{[^}]*\})?\s*:\s*(.*)$", item)):
                    self.axioms.append((m.group(1), m.group(2) or "", m.group(3)))
                elif re.match(r"(logic|predicate|type)\b", item) and not re.search(r"(?<![=<>!])=(?![=>])", item):
                    self.open.append(item)
                elif re.match(r"inductive\b", item):
                    self.open.append(item)
        for match in re.finditer(r"\b(?:logic\s+[\w\s*]+?|predicate\s+)\b(\w+)\s*([{(=;]|reads\b)", text):
            if match.group(2) not in ("{", "reads"):
                self.free.add(match.group(1))
        for match in re.finditer(r"\b(?:logic\s+[\w\s*]+?|predicate\s+)(\w+)\s*(?:\{|(?:\([^)]*\))?\s*reads\b)", text):
            self.free.discard(match.group(1))
        self.admits = [squeeze(m) for m in re.findall(r"\badmit\b[^;]*;", text)]

    def reads_state(self, axiom):
        """Why an axiom depends on program state, or None."""
        name, labels, formula = axiom
        if labels:
            return f"has a label {labels}: it speaks of every state"
        text = re.sub(r"\\at\b", " \\\\at ", formula)
        for word in ("\\at", "\\old", "\\valid", "\\separated", "\\initialized", "\\block_length", "\\base_addr", "\\offset"):
            if re.search(re.escape(word) + r"\b", text):
                return f"uses {word}: it speaks of memory"
        bound = set()
        for m in re.finditer(r"(?:\\forall|\\exists|\\lambda)\s+([^;]*);", formula):
            bound.update(re.findall(r"\b(\w+)\s*(?:,|$)", m.group(1)))
        bound.update(re.findall(r"\\let\s+(\w+)", formula))
        for word in re.findall(r"(?<![\w\\])[A-Za-z_]\w*", formula):
            if word not in bound and word not in WORDS and word not in self.free:
                return f"mentions `{word}`, which is no constant of the logic"
        return None


# -- per unit ---------------------------------------------------------------

class Facts:
    """What one proved unit assumes and proves."""

    def __init__(self, unit, rows, printed, report):
        self.unit = unit
        self.assumed, self.shown, self.untried, self.odd = {}, {}, {}, []
        for row in rows:
            text, status = unnamed(squeeze(row["property"])), row["status"]
            place = os.path.normpath(os.path.join(row["directory"], row["file"]))
            clause = (row["property kind"], text)
            if status == "Considered valid":
                self.assumed.setdefault((place, row["function"]), set()).add(clause)
            elif status in ("Valid", "Partially proven"):  # partially: it rests on what is untried here
                self.shown.setdefault(row["function"], set()).add(clause)
            elif status in ("Ignored", "Untried", "Never tried"):
                if row["property kind"] not in ("precondition", "behavior assumption"):
                    self.untried.setdefault((place, row["function"]), set()).add(clause)
            else:
                self.odd.append(f"{row['function']}: {row['property kind']} is `{status}`: {text} ({place}:{row['line']})")
        self.annotations = Annotations(printed)
        self.functions = set(report.get("wp:functions", {}))
        self.lemmas = {name[len("lemma_"):] for part in report.get("wp:axiomatics", {}).values()
                       for name in part if name.startswith("lemma_")}  # proved here: else the run has failed

    @classmethod
    def of(cls, unit):
        """From the files of the unit's last run."""
        where = os.path.join(BUILD, unit.name)
        try:
            with open(os.path.join(where, "printed.c"), errors="replace") as file:
                printed = file.read()
        except OSError:
            printed = ""
        return cls(unit, read_csv(os.path.join(where, "properties.csv")), printed,
                   read_json(os.path.join(where, "report.json"), {}) or {})

    def lines(self):
        out = set()
        for (place, function), rows in self.assumed.items():
            out.update(f"{place} {function}: {kind}: {text}" for kind, text in rows)
        out.update(f"axiom {name}{labels}: {formula}" for name, labels, formula in self.annotations.axioms)
        out.update(f"open {item}" for item in self.annotations.open)
        out.update(self.annotations.admits)
        return out


def trusted():
    """The names in backticks between `<!-- trust: KIND -->` and `<!-- /trust -->` of TRUST.md."""
    out = {"axioms": set(), "contracts": set(), "unproved": set()}
    try:
        with open(TRUST) as file:
            text = file.read()
    except OSError:
        return out
    for kind, body in re.findall(r"<!--\s*trust:\s*(\w+)\s*-->(.*?)<!--\s*/trust\s*-->", text, re.S):
        out.setdefault(kind, set()).update(re.findall(r"`([^`\s]+)`", body))
    return out


def committed():
    try:
        with open(ASSUMED) as file:
            return {line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")}
    except OSError:
        return set()


def write_assumed(lines):
    with open(ASSUMED, "w") as file:
        file.write("# All that the proofs assume of C functions and of the logic: written by proofs/prove --accept,\n"
                   "# compared by every run. Contracts of functions without a body in their unit, axioms, open symbols.\n")
        file.writelines(line + "\n" for line in sorted(lines))


def check_assumed(facts, whole):
    now, then = set().union(*(f.lines() for f in facts)) if facts else set(), committed()
    gone, new = (then - now if whole else set()), now - then
    if not gone and not new:
        return []
    diff = list(difflib.unified_diff(sorted(then if whole else then & now), sorted(now), "assumed.txt", "this run", lineterm="", n=0))
    diff = [line for line in diff if not line.startswith("@@")]
    with open(os.path.join(BUILD, "assumed.diff"), "w") as file:
        file.writelines(line + "\n" for line in diff)
    more = [f"... and {len(diff) - 25} lines more: build/proof/assumed.diff"] if len(diff) > 25 else []
    return ["what is assumed differs from proofs/assumed.txt (--accept takes it over):\n    " + "\n    ".join(diff[:25] + more)]


def check_axioms(facts):
    named, out = trusted()["axioms"], {}
    for fact in facts:
        for axiom in fact.annotations.axioms:
            why = fact.annotations.reads_state(axiom)
            if why:
                out[axiom[0] + "!"] = f"unit {fact.unit.name}: axiom {axiom[0]} {why}; it can be false without a sign. Put it into an invariant or a contract"
            if axiom[0] not in named and not fact.unit.generic:  # a generic unit's are check_generic's
                out[axiom[0]] = f"unit {fact.unit.name}: axiom {axiom[0]} is not named in proofs/TRUST.md between <!-- trust: axioms --> and <!-- /trust -->"
        for admit in fact.annotations.admits:
            out[admit] = f"unit {fact.unit.name}: `{admit}`: nothing may be admitted"
    return list(out.values())


# -- that the units fit together ---------------------------------------------
# A generic unit's protocol is open. What it proves holds under each protocol, and what it leaves open or takes
# for granted is to be there under each.

def concrete(facts):
    return sorted({f.unit.protocol for f in facts if f.unit.protocol and not f.unit.generic})


def helpers(facts, protocol):
    """The units whose word counts under a protocol."""
    return [f for f in facts if f.unit.generic or f.unit.protocol in ("", protocol) or protocol in f.unit.also_for]


def conjuncts(facts, protocol):
    """What stands under a protocol for the clause Protocol of a generic unit: each of its conjuncts; None if unreadable.
    A sealed unit leaves Protocol open, and so proves what it proves for every meaning of it."""
    under = [f.annotations for f in facts if f.unit.protocol == protocol]
    bodies = {a.defined.get("Protocol", ("", ""))[1] for a in under if "Protocol" not in map(name_of, a.open)}
    if bodies == {"\\true"}:
        return ["Protocol"]
    parts = [re.fullmatch(r"\(?(\w+)(?:\{\w+\})?\)?", part.strip()) for part in bodies.pop().split("&&")] if len(bodies) == 1 else [None]
    return [part.group(1) for part in parts] if all(parts) else None


def check_contracts(facts):
    """Every clause taken for granted, or left untried, is proved by another unit under the same protocol, or is in TRUST.md."""
    named, out = trusted()["contracts"], {}
    parts = {protocol: conjuncts(facts, protocol) for protocol in concrete(facts)}

    def owed(protocol):
        return "".join(f" ensures {c};" for c in parts.get(protocol) or ["Protocol"])

    def plain(text, protocol):
        return text.replace(owed(protocol), " ensures Protocol;") if parts.get(protocol) else text

    for fact in facts:
        needed = [(*k, rows, "assumes") for k, rows in sorted(fact.assumed.items()) if k[1] not in named]
        needed += [(*k, rows, "does not try") for k, rows in sorted(fact.untried.items()) if k[1] in fact.functions]
        for place, function, rows, how in needed:
            generic = fact.unit.generic
            for protocol in concrete(facts) if generic else [fact.unit.protocol]:
                key = (function, protocol, how)
                if key in out:
                    continue
                wanted = rows
                if generic and ("postcondition", "Protocol") in rows:
                    if not parts[protocol]:
                        out["Protocol", protocol] = f"{protocol}: I cannot read Protocol as a conjunction of names, the same in each unit"
                        continue
                    wanted = rows - {("postcondition", "Protocol")} | {("postcondition", c) for c in parts[protocol]}
                who = [f for f in helpers(facts, protocol) if function in f.functions]
                start = f"{place}: unit {fact.unit.name} {how} of {function}"
                if not who:
                    out[key] = (f"{start} what is proved nowhere under {protocol or 'no protocol'}; prove it there, or name it in "
                                "TRUST.md under <!-- trust: contracts -->")
                    continue
                missing = sorted(wanted - set().union(*(f.shown.get(function, set()) for f in who)))
                if missing:
                    out[key] = (f"{start} what {', '.join(f.unit.name for f in who)} under {protocol or 'no protocol'} "
                                "does not prove in these words: " + "; ".join(f"{kind}: {text}" for kind, text in missing[:3]))
                mine = fact.annotations.contracts.get(function, "")
                for f in who:  # clauses of the same words, and of the same premises
                    theirs = f.annotations.contracts.get(function, "")
                    if f.unit.protocol and plain(mine, fact.unit.protocol) != plain(theirs, f.unit.protocol):
                        out[function, "text", protocol] = (f"{place}: unit {fact.unit.name} has a contract of {function} that differs from that in "
                                                           f"unit {f.unit.name}: see both in build/proof/UNIT/printed.c")
    return list(out.values())


def left_open(config):
    """The symbols that a generic protocol's header leaves open: name -> head."""
    out = {}
    for path in {u.protocol for u in config.units.values() if u.generic}:
        with open(os.path.join(ROOT, path)) as file:
            out.update((name_of(item), head(item)) for item in Annotations(file.read()).open)
    return out


def check_generic(facts, opened):
    """What generic units leave open is defined under every protocol, and their axioms are lemmas there."""
    named, out = trusted()["axioms"], []
    generic = [f for f in facts if f.unit.generic]
    if generic and not opened:
        out.append("generic units, and no symbol that their protocol leaves open: I cannot read its header")
    axioms = {a for f in generic for a in f.annotations.axioms if a[0] not in named}
    for protocol in concrete(facts):
        under = [f for f in facts if f.unit.protocol == protocol]
        for name, shape in sorted(opened.items()):
            meanings = {f.unit.name: f.annotations.defined[name][0] for f in under if name in f.annotations.defined}
            other = [unit for unit, meaning in meanings.items() if meaning != shape]
            if other:
                out.append(f"{protocol}: unit {other[0]} defines {name} otherwise than it is declared where it is left open")
            elif not meanings:  # a sealed unit may leave it open too: it is proved for every meaning
                out.append(f"{protocol}: no unit defines {name}, which generic units leave open")
        for name, labels, formula in sorted(axioms):
            if not any(f.annotations.lemmas.get(name) == (labels, formula) and name in f.lemmas for f in under):
                out.append(f"{protocol}: generic units take `{name}` for an axiom, and no unit under this protocol proves it as a "
                           "lemma in the same words")
    return out


def check_lemmas(facts):
    """Every lemma in sight of a unit is proved by a unit under the same protocol."""
    out = {}
    for fact in facts:
        proved = {(n, f.annotations.lemmas.get(n)) for f in facts if f.unit.protocol == fact.unit.protocol for n in f.lemmas}
        for lemma in fact.annotations.lemmas.items():
            if lemma not in proved:
                out[fact.unit.protocol, lemma[0]] = (f"unit {fact.unit.name}: lemma {lemma[0]} is used, and proved in no unit under "
                                                     f"{fact.unit.protocol or 'no protocol'}")
    return list(out.values())


# -- would these checks notice? --------------------------------------------------

def self_test():
    """Plant a fault in made-up units that fit together; each must be found. Returns the number that was not."""
    from types import SimpleNamespace as Space

    def unit(name, protocol, generic=False):
        return Space(name=name, protocol=protocol, generic=generic, also_for=[])

    def row(function, kind, text, status="Valid"):
        return {"function": function, "property kind": kind, "property": text, "status": status,
                "directory": "model", "file": "m.h", "line": "1"}

    def report(functions, lemmas=()):
        return {"wp:functions": dict.fromkeys(functions, {}), "wp:axiomatics": {"Laws": {f"lemma_{n}": {} for n in lemmas}}}

    def step(*owed):
        return ("/*@ requires Node(j); ensures W0; behavior owed: assumes Inv;" + "".join(f" ensures {c};" for c in owed)
                + " */\nvoid step(int j)\n{\n}\n")

    laws = "/*@ axiomatic Laws { %s ends: \\forall integer b; Block(b) ==> 0 <= b; } */\n"
    block = "/*@ predicate Block(integer b) = b == 0; */\n"
    opened = "/*@ axiomatic Any { predicate Block(integer b); predicate Protocol{L} reads W; } */\n"
    door = "/*@ requires Inv; ensures seen: Inv; */\nvoid door(void);\n"

    def units():
        """Two protocols, a and b, and the generic units; as (unit, rows, printed, report), to be spoilt."""
        return {
            "machine": [unit("machine", "any.h", True), [row("step", "postcondition", "W0"), row("step", "user assertion", "hint"),
                        row("step", "postcondition", "Protocol", "Ignored")],
                        opened + laws % "axiom" + step("Protocol"), report(["step"])],
            "door": [unit("door", "any.h", True), [row("step", "postcondition", "W0", "Considered valid"),
                     row("step", "postcondition", "Protocol", "Considered valid"), row("door", "postcondition", "seen: Inv")],
                     opened + laws % "axiom" + step("Protocol") + door, report(["door"])],
            "a-steps": [unit("a-steps", "a.h"), [row("step", "postcondition", "W0", "Ignored"),
                        row("step", "user assertion", "hint", "Ignored"), row("step", "postcondition", "A0", "Partially proven"),
                        row("step", "postcondition", "A1")],
                        block + "/*@ predicate Protocol{L} = A0{L} && A1{L}; */\n" + laws % "lemma" + step("A0", "A1"), report(["step"])],
            "a-code": [unit("a-code", "a.h"), [row("door", "postcondition", "seen: Inv", "Considered valid")],
                       block + "/*@ predicate Protocol{L} = A0{L} && A1{L}; */\n" + laws % "lemma" + door, report(["f"], ["ends"])],
            "a-sealed": [unit("a-sealed", "a.h"), [row("door", "postcondition", "seen: Inv", "Considered valid")],
                         block + "/*@ axiomatic Closed { predicate Protocol{L} reads W; } */\n" + laws % "lemma" + door, report(["g"])],
            "b-steps": [unit("b-steps", "b.h"), [row("step", "postcondition", "W0", "Ignored"), row("step", "postcondition", "Protocol")],
                        block + "/*@ predicate Protocol{L} = \\true; */\n" + laws % "lemma" + step("Protocol"), report(["step"], ["ends"])],
        }

    def check(made):
        facts = [Facts(*parts) for parts in made.values()]
        symbols = {name_of(i): head(i) for f in facts if f.unit.generic for i in f.annotations.open}
        return check_contracts(facts) + check_generic(facts, symbols) + check_lemmas(facts)

    def drop(made, name, text):
        made[name][1] = [r for r in made[name][1] if r["property"] != text]

    def swap(made, name, old, new):
        assert old in made[name][2]
        made[name][2] = made[name][2].replace(old, new)

    faults = [
        ("the door's clause is proved nowhere", "does not prove", lambda m: drop(m, "door", "seen: Inv")),
        ("the door is proved under one other protocol only", "proved nowhere under a.h",
         lambda m: m["door"].__setitem__(0, unit("door", "b.h"))),
        ("a step's clause is proved under no protocol", "a.h does not prove", lambda m: drop(m, "machine", "W0")),
        ("one protocol does not keep one conjunct", "a.h does not prove", lambda m: drop(m, "a-steps", "A1")),
        ("one protocol does not keep Protocol", "b.h does not prove", lambda m: drop(m, "b-steps", "Protocol")),
        ("one protocol has no steps at all", "b.h does not prove", lambda m: m.pop("b-steps") and m.update(
            {"b-code": [unit("b-code", "b.h"), [], block + "/*@ predicate Protocol{L} = \\true; */\n" + laws % "lemma",
                        report([], ["ends"])]})),
        ("a hint is proved nowhere", "user assertion: hint", lambda m: drop(m, "machine", "hint")),
        ("a conjunct that no step is asked for", "does not prove", lambda m: [
            swap(m, n, "&& A1{L}", "&& A1{L} && A2{L}") for n in ("a-steps", "a-code")]),
        ("a protocol that is no conjunction of names", "cannot read", lambda m: [
            swap(m, n, "&& A1{L}", "&& (A1{L} || A2{L})") for n in ("a-steps", "a-code")]),
        ("a protocol that is another in another unit", "cannot read", lambda m: swap(m, "a-code", "&& A1{L}", "")),
        ("a protocol that every unit leaves open", "cannot read", lambda m: [
            swap(m, n, "/*@ predicate Protocol{L} = A0{L} && A1{L}; */", "/*@ axiomatic Closed { predicate Protocol{L} reads W; } */")
            for n in ("a-steps", "a-code")]),
        ("a contract proved with another premise", "differs", lambda m: swap(m, "a-steps", "requires Node(j)", "requires \\false")),
        ("a behavior with another premise", "differs", lambda m: swap(m, "b-steps", "assumes Inv", "assumes Inv && j == 0")),
        ("a symbol that one protocol leaves open", "no unit defines Block",
         lambda m: swap(m, "b-steps", "predicate Block(integer b) = b == 0;", "axiomatic X { predicate Block(integer b); }")),
        ("a symbol that reads the state under one protocol", "defines Block otherwise",
         lambda m: swap(m, "a-code", "Block(integer b) =", "Block{L}(integer b) =")),
        ("an axiom that one protocol does not prove", "for an axiom", lambda m: m["b-steps"][3]["wp:axiomatics"].clear()),
        ("an axiom that is a weaker lemma", "for an axiom", lambda m: swap(m, "b-steps", "0 <= b", "-1 <= b")),
        ("a lemma that is used and not proved", "lemma more is used",
         lambda m: swap(m, "a-steps", "/*@ requires", "/*@ lemma more{L}: Block(0); */\n/*@ requires")),
        ("the open symbols cannot be read", "cannot read its header", lambda m: [
            swap(m, n, opened, "") for n in ("machine", "door")]),
    ]
    failures = 0
    for message in check(units()):
        failures += 1
        print(f"  complains of units that fit together: {message}")
    for what, sign, plant in faults:
        made = units()
        plant(made)
        found = [message for message in check(made) if sign in message]
        failures += not found
        print(f"  {'found    ' if found else 'NOT FOUND'} {what}" + (f"\n            {found[0]}" if found else ""))
    return failures


# -- what ships -------------------------------------------------------------

def shipped(config):
    """(file, function) of all that is compiled into the library, static functions too; and what went wrong."""
    found, errors = set(), []
    where = os.path.join(BUILD, "objects")
    os.makedirs(where, exist_ok=True)
    for path in sorted({p for g in config.library["files"] for p in glob.glob(g, root_dir=ROOT)}):
        obj = os.path.join(where, path.replace("/", "_") + ".o")
        done = subprocess.run([*config.library["cc"], "-g", "-O0", "-fkeep-static-functions", "-c", path, "-o", obj],
                              cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            errors.append(f"{path} does not compile, so I cannot tell what ships: " + squeeze(done.stderr)[:200])
            continue
        names = subprocess.run(["nm", "-l", "--defined-only", obj], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for line in names.splitlines():
            m = re.match(r"^\S*\s+[TtWw]\s+(\S+)(?:\t(.*):\d+)?$", line)
            if m:
                source = os.path.relpath(m.group(2), ROOT) if m.group(2) else path
                if not source.startswith(".."):
                    found.add((source, m.group(1).split(".")[0]))
    return found, errors


def check_shipped(config, facts):
    found, out = shipped(config)
    named = trusted()["unproved"]
    proved = {(os.path.normpath(f.unit.file), name) for f in facts for name in f.functions}
    loose = {name for f in facts for name in f.functions}
    missing = {}
    for source, name in sorted(found):
        is_proved = (source, name) in proved or source.endswith(".h") and name in loose
        if not (is_proved or name in named or source in named):
            missing.setdefault(source, []).append(name)
    for source, names in missing.items():
        out.append(f"{source}: neither proved in a unit nor named in TRUST.md (a function, or the file, in backticks under "
                   f"<!-- trust: unproved -->): {' '.join(names)}")
    return out, len(found), len(found) - sum(map(len, missing.values()))
