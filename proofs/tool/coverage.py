"""What the mutants stand for: which clause of the door, and which theorem, no mutant names."""
# SPDX-License-Identifier: BSD-2-Clause
import glob
import os
import re

from .common import ROOT

CONTRACT = re.compile(r"/\*@(.*?)\*/\s*([^;{}/]*?)\b(\w+)\(", re.S)


def contracts(path):
    """(function, the names of its clauses), for each function of the file that has a contract."""
    with open(path) as file:
        text = file.read()
    for body, _, function in CONTRACT.findall(text):
        yield function, re.findall(r"\b(?:requires|ensures)\s+(\w+):", body)


def unnamed(mutants):
    """Clauses of the door, and theorems, that no mutant's goal or `kills` names."""
    words = [set(re.findall(r"\w+", mutant.kills)) | {mutant.goal.pattern if mutant.goal else ""} for mutant in mutants]

    def covered(function, clause):
        return any(function in said and clause in said
                   or any(re.search(rf"(^|_){function}_(\w+_)?{clause}(_|$)", word) for word in said) for said in words)
    out = []
    for function, clauses in contracts(os.path.join(ROOT, "primitives/wire.h")):
        out += [f"clause {clause} of {function}" for clause in dict.fromkeys(clauses) if not covered(function, clause)]
    for path in sorted(glob.glob(os.path.join(ROOT, "proofs/theorems/*.c"))):
        for function, clauses in contracts(path):
            if clauses and not any(function in word for said in words for word in said):
                out.append(f"theorem {function}")
    return out
