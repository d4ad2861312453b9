"""Check that the C that is proved is the C that ships: the same tokens with and without Frama-C's macros."""
# SPDX-License-Identifier: BSD-2-Clause
import argparse
import os
import re
import shutil
import subprocess
import tempfile

from .common import BUILD, ROOT, Config, die, run_main

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[A-Za-z_]\w*|\.?\d(?:[eEpP][+-]|[\w.])*'
                   r'|->|\+\+|--|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||\.\.\.|[-+*/%&|^]=|##|\S')


def preprocess(command, path, root):
    done = subprocess.run([*command, "-E", path], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        die(f"{path}: {' '.join(command)} -E: {done.stderr.strip()[:500]}")
    return done.stdout


def tokens(text, root):
    """(token, file, line) of the tree's own files; system headers are left out, they are no part of the tree."""
    file, line, out, real = "", 0, [], {}
    for row in text.split("\n"):
        m = re.match(r'#(?:line)? (\d+) "((?:\\.|[^"\\])*)"', row)
        if m:
            line, file = int(m.group(1)), m.group(2)
            continue
        if file not in real:
            path = os.path.relpath(os.path.realpath(os.path.join(root, file)), os.path.realpath(root))
            real[file] = None if file.startswith("<") or path.startswith("..") else path
        if real[file] and not row.startswith("#"):
            out += [(t, real[file], line) for t in TOKEN.findall(row)]
        line += 1
    return out


def chunks(toks):
    """Top-level declarations: up to `;` at depth 0, or the closing brace of a function body."""
    out, chunk, depth, body = [], [], 0, False
    for i, tok in enumerate(toks):
        t = tok[0]
        chunk.append(tok)
        if t in "({[":
            if t == "{" and depth == 0 and len(chunk) > 1 and chunk[-2][0] == ")" and not any(c[0] == "=" for c in chunk):
                body = True
            depth += 1
        elif t in ")}]":
            depth -= 1
            if depth == 0 and t == "}":
                after = toks[i + 1][0] if i + 1 < len(toks) else ""
                linkage = len(chunk) > 2 and chunk[0][0] == "extern" and chunk[1][0].startswith('"')
                if body or linkage and after != ";":
                    out.append(chunk)
                    chunk, body = [], False
        if t == ";" and depth == 0:
            out.append(chunk)
            chunk, body = [], False
    return out


IDENT = re.compile(r"[A-Za-z_]\w*$")


class Side:
    """The functions, types, constants and objects of one preprocessing."""

    def __init__(self, text, root):
        self.functions, self.types, self.owner = {}, {}, {}
        for chunk in chunks(tokens(text, root)):
            words = [t[0] for t in chunk]
            if "{" in words and words[-1] == "}" and self.function(words, chunk):
                continue
            self.declaration(words, chunk)

    def function(self, words, chunk):
        """NAME ( .. ) { .. }: the name is before the first parenthesis that is no attribute's."""
        i = 0
        while i < len(words) and words[i] != "{":
            if words[i] in ("__attribute__", "__asm__", "_Alignas", "__declspec"):
                depth, i = 0, i + 1
                while i < len(words):
                    depth += {"(": 1, ")": -1}.get(words[i], 0)
                    i += 1
                    if depth == 0:
                        break
                continue
            if words[i] == "(" and i and IDENT.match(words[i - 1]):
                self.functions[words[i - 1]] = chunk
                return True
            i += 1
        return False

    def declaration(self, words, chunk):
        kind = next((w for w in words if w in ("struct", "union", "enum")), None)
        name = None
        if kind and "{" in words and "(" not in words[:words.index("{")]:
            at = words.index(kind)
            tag = words[at + 1] if IDENT.match(words[at + 1]) else None
            name = f"{kind} {tag}" if tag else f"{kind} {{{words[words.index('{') + 1]}..}}"
            self.types[name] = chunk
            if kind == "enum":
                inner, want = words[words.index("{") + 1:len(words) - words[::-1].index("}") - 1], True
                for w in inner:
                    if want and IDENT.match(w):
                        self.owner[w] = name
                    want = w == ","
        if words[0] == "typedef":
            m = re.search(r"\( \* (\w+) \)", " ".join(words))
            alias = m.group(1) if m else next((w for w in reversed(words) if IDENT.match(w)), None)
            if alias:
                self.types.setdefault(name or f"typedef {alias}", chunk)
                self.owner[alias] = name or f"typedef {alias}"
        elif "=" in words and not kind or "=" in words and words[0] in ("static", "const", "extern"):
            alias = next((w for w in reversed(words[:words.index("=")]) if IDENT.match(w)), None)
            if alias:
                self.types[f"object {alias}"] = chunk
                self.owner[alias] = f"object {alias}"


def uses(chunk, side):
    """Types that a chunk uses: name -> is it needed complete."""
    words, out = [t[0] for t in chunk], {}
    for i, w in enumerate(words):
        if w in ("struct", "union", "enum") and i + 1 < len(words) and IDENT.match(words[i + 1]):
            name = f"{w} {words[i + 1]}"
            out[name] = out.get(name, False) or not (i + 2 < len(words) and words[i + 2] in "*;")
        elif w in side.owner:
            name = side.owner[w]
            out[name] = out.get(name, False) or not (i + 1 < len(words) and words[i + 1] == "*")
    return out


def first_difference(name, a, b):
    wa, wb = [t[0] for t in a], [t[0] for t in b]
    i = next((i for i, (x, y) in enumerate(zip(wa, wb)) if x != y), min(len(wa), len(wb)))
    ta, tb = a[min(i, len(a) - 1)], b[min(i, len(b) - 1)]
    lo, hi = max(0, i - 8), i + 5
    return (f"{name}: token {i + 1} differs\n"
            f"    proved, {ta[1]}:{ta[2]}:   {' '.join(wa[lo:i])} >>{' '.join(wa[i:hi]) or '(end)'}\n"
            f"    shipped, {tb[1]}:{tb[2]}:  {' '.join(wb[lo:i])} >>{' '.join(wb[i:hi]) or '(end)'}")


def compare(proved, shipped):
    """Differences of everything that the proved side defines, and the numbers of functions and types compared."""
    out, todo, seen = [], {}, set()
    for name, chunk in proved.functions.items():
        if name not in shipped.functions:
            out.append(f"{name}: proved ({chunk[0][1]}:{chunk[0][2]}), and absent from the shipped text")
            continue
        other = shipped.functions[name]
        if [t[0] for t in chunk] != [t[0] for t in other]:
            out.append(first_difference(name, chunk, other))
        todo.update(uses(chunk, proved))
    for name in shipped.functions:
        if name not in proved.functions and shipped.functions[name][0][1].endswith(".c"):
            chunk = shipped.functions[name]
            out.append(f"{name}: ships ({chunk[0][1]}:{chunk[0][2]}), and is hidden from the proof")
    while todo:
        name, complete = todo.popitem()
        if name in seen:
            continue
        a, b = proved.types.get(name), shipped.types.get(name)
        if a is None and (b is None or not complete):
            continue
        seen.add(name)
        if a is None or b is None:
            chunk = a or b
            out.append(f"{name}: only in the {'proved' if a else 'shipped'} text ({chunk[0][1]}:{chunk[0][2]})")
            continue
        if [t[0] for t in a] != [t[0] for t in b]:
            out.append(first_difference(name, a, b))
        todo.update({n: c for n, c in uses(a, proved).items() if n not in seen})
    return out, len(proved.functions), len(seen)


def check(config, root, quiet=False):
    """Differences over all units whose file ships."""
    bad, functions, types, done = [], set(), 0, set()
    for unit in config.units.values():
        key = (unit.file, tuple(unit.cpp))
        if key in done or not unit.file.startswith("primitives/"):
            continue
        done.add(key)
        unquote = [a.replace('\\"', '"') for a in unit.cpp]
        proved = Side(preprocess(["gcc", "-std=c11", "-D__FRAMAC__", *unquote], unit.file, root), root)
        shipped = Side(preprocess(config.library["cc"], unit.file, root), root)
        found, n, t = compare(proved, shipped)
        bad += [f"unit {unit.name}: {f}" for f in found]
        functions |= {(unit.file, f) for f in proved.functions}
        types = max(types, t)
        if not quiet:
            print(f"  {unit.name:<18} {n:>3} functions, {t:>3} types and constants: {'the same' if not found else 'DIFFERENT'}")
    return bad, len(functions)


# -- does it notice? --------------------------------------------------------

PLANTED = "#ifdef __FRAMAC__\n{yes}\n#else\n{no}\n#endif\n"


def plant_body(text):
    m = re.search(r"^\w[^\n;{]*\([^;{]*\)\s*\{\n", text, re.M)
    return m and text[:m.end()] + PLANTED.format(yes="  (void)0;", no="  (void)1;") + text[m.end():]



def plant_hidden(text):
    return text + "\n#ifndef __FRAMAC__\nint planted_function(void);\nint planted_function(void) { return 1; }\n#endif\n"


def self_test(config):
    """Plant differences in a copy of the tree; each must be found, and none before."""
    failures = 0
    with tempfile.TemporaryDirectory(dir=BUILD) as copy:
        for top in ("primitives", "acsl", "model", "proofs"):
            if os.path.isdir(os.path.join(ROOT, top)):
                shutil.copytree(os.path.join(ROOT, top), os.path.join(copy, top), symlinks=True)
        clean, _ = check(config, copy, quiet=True)
        if clean:
            die("the tree itself has differences; run proofs/tokens first")
        unit = next((u for u in config.units.values() if u.file.startswith("primitives/")), None)
        if unit is None:
            die("no unit proves a file of primitives/")
        text = preprocess(["gcc", "-std=c11", "-D__FRAMAC__", *[a.replace('\\"', '"') for a in unit.cpp]], unit.file, copy)
        used = Side(text, copy)
        names, todo = set(), {}
        for chunk in used.functions.values():
            todo.update(uses(chunk, used))
        while todo:
            name, _ = todo.popitem()
            if name not in names and name in used.types:
                names.add(name)
                todo.update(uses(used.types[name], used))
        header = next((used.types[n][0][1] for n in sorted(names) if n.startswith("struct ")), None)
        plants = [("a body", unit.file, plant_body), ("a function that the proof does not see", unit.file, plant_hidden)]
        plants += [("a struct", header, None)] if header else []
        for what, path, plant in plants:
            with open(os.path.join(copy, path)) as file:
                original = file.read()
            if what == "a struct":
                tag = next(n for n in sorted(names) if n.startswith("struct ") and used.types[n][0][1] == path).split()[1]
                m = re.search(r"struct " + tag + r"\s*\{", original)
                planted = m and original[:m.end()] + "\n" + PLANTED.format(yes="", no="  long planted_field;") + original[m.end():]
            else:
                planted = plant(original)
            if not planted:
                die(f"{path}: no place to plant {what}")
            with open(os.path.join(copy, path), "w") as file:
                file.write(planted)
            found, _ = check(config, copy, quiet=True)
            with open(os.path.join(copy, path), "w") as file:
                file.write(original)
            print(f"  planted in {what} ({path}): {'found' if found else 'NOT FOUND'}")
            if found:
                print("    " + found[0].split("\n")[0])
            failures += not found
    return failures


def main():
    parser = argparse.ArgumentParser(prog="proofs/tokens", description=__doc__)
    parser.add_argument("--self-test", action="store_true", help="plant differences in a copy; all must be found")
    args = parser.parse_args()
    config = Config()
    os.makedirs(BUILD, exist_ok=True)
    if args.self_test:
        failures = self_test(config)
        print("All planted differences were found." if not failures else f"{failures} planted differences were not found.")
        return 1 if failures else 0
    bad, functions = check(config, ROOT)
    if bad:
        print("\nThe proved C is not the C that ships:\n" + "\n".join("  - " + b for b in bad))
        return 1
    print(f"{functions} functions: what is proved is what ships, token for token.")
    return 0


if __name__ == "__main__":
    run_main(main)
