"""What the ranks of hw-tests/smoke.c said, and whether that is as it should be."""
# SPDX-License-Identifier: BSD-2-Clause
import re

KILLED = (137, -9)


def numbers(text):
    """The ranks of a list in words: '2', '3, 5 to 9'."""
    ranks = set()
    for first, last in re.findall(r"(\d+)(?: to (\d+))?", text):
        ranks |= set(range(int(first), int(last or first) + 1))
    return ranks


def told_after(said):
    """The longest that a rank waited for the news."""
    return max((float(s) for text in said.values() for s in re.findall(r"told after ([0-9.]+) s", text)), default=0)


def complaints(what, lost, size, said, status):
    """What is wrong; said and status: rank -> text, exit status (None: it has none)."""
    wrong = []

    def must(rank, is_so, why):
        if not is_so:
            wrong.append(f"rank {rank}: {why}: status {status.get(rank)}: {' | '.join(said.get(rank, '').split(chr(10))[-4:])}")

    for rank in range(size):
        text = said.get(rank, "")
        if what == "work":
            must(rank, status.get(rank) == 0 and "every primitive works" in text, "does not work")
        elif rank in lost:
            if what == "die":
                must(rank, status.get(rank) in KILLED, "is not dead")
        else:
            must(rank, status.get(rank) == 0 and "the living go on" in text, "does not go on")
            named = re.search(r"told after [0-9.]+ s: ranks? ([0-9, to]+) (cannot be reached|died)", text)
            must(rank, named and numbers(named[1]) <= set(lost), "was not told who is gone")
    return wrong
