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


class Annotations:
    def __init__(self, printed):
        text = annotations(printed)
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
    """What one proved unit assumes and proves, from the files of its run."""

    def __init__(self, unit):
        where = os.path.join(BUILD, unit.name)
        self.unit = unit
        rows = read_csv(os.path.join(where, "properties.csv"))
        self.assumed, self.shown, self.odd = {}, {}, []
        for row in rows:
            text, status = squeeze(row["property"]), row["status"]
            place = os.path.normpath(os.path.join(row["directory"], row["file"]))
            if status == "Considered valid":
                self.assumed.setdefault((place, row["function"]), set()).add((row["property kind"], text))
            elif status == "Valid":
                self.shown.setdefault(row["function"], set()).add((row["property kind"], text))
            elif status not in ("Untried", "Never tried"):
                self.odd.append(f"{row['function']}: {row['property kind']} is `{status}`: {text} ({place}:{row['line']})")
        try:
            with open(os.path.join(where, "printed.c"), errors="replace") as file:
                self.annotations = Annotations(file.read())
        except OSError:
            self.annotations = Annotations("")
        report = read_json(os.path.join(where, "report.json"), {}) or {}
        self.functions = set(report.get("wp:functions", {}))

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
            if axiom[0] not in named:
                out[axiom[0]] = f"unit {fact.unit.name}: axiom {axiom[0]} is not named in proofs/TRUST.md between <!-- trust: axioms --> and <!-- /trust -->"
        for admit in fact.annotations.admits:
            out[admit] = f"unit {fact.unit.name}: `{admit}`: nothing may be admitted"
    return list(out.values())


def check_contracts(facts):
    """Every contract taken for granted is proved by another unit under the same protocol, or is in TRUST.md."""
    named, out = trusted()["contracts"], {}
    for fact in facts:
        for (place, function), rows in sorted(fact.assumed.items()):
            if function in named or function in out:
                continue
            same, other = [], []
            for f in facts:
                if function in f.functions:
                    fits = f.unit.protocol in ("", fact.unit.protocol) or fact.unit.protocol in f.unit.also_for
                    (same if fits else other).append(f)
            if not same:
                out[function] = (f"{place}: the contract of {function} is assumed in unit {fact.unit.name} and not proved anywhere"
                                 if not other else
                                 f"{place}: the contract of {function} is assumed in unit {fact.unit.name} under {fact.unit.protocol or 'no protocol'}, "
                                 f"and proved only in {', '.join(f.unit.name + ' under ' + f.unit.protocol for f in other)}"
                                 ) + "; prove it there, or name it in TRUST.md under <!-- trust: contracts -->"
                continue
            if not any(rows <= f.shown.get(function, set()) for f in same):
                missing = sorted(rows - set().union(*(f.shown.get(function, set()) for f in same)))
                text = "; ".join(f"{kind}: {text}" for kind, text in missing[:3]) or "no single unit proves all clauses"
                out[function] = (f"{place}: unit {fact.unit.name} assumes of {function} what {', '.join(f.unit.name for f in same)} "
                                 f"does not prove in these words: {text}")
    return list(out.values())


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
