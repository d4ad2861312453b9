"""Tests in Python that report as the C tests do."""
# SPDX-License-Identifier: BSD-2-Clause
import os
import re
import sys
import time
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Skip(Exception):
    pass


def gone(pids, seconds=10):
    """Are all of these processes gone, or at least dead?"""
    until = time.monotonic() + seconds
    while True:
        alive = []
        for pid in pids:
            try:
                with open(f"/proc/{pid}/stat") as stat:
                    if stat.read().rsplit(")", 1)[1].split()[0] not in "ZX":
                        alive.append(pid)
            except OSError:
                pass
        if not alive:
            return True
        if time.monotonic() > until:
            return False
        time.sleep(0.05)


def run(tests):
    """Every function of `tests`, in order; the status to exit with."""
    bad = 0
    only = os.environ.get("ONLY", "")
    for test in tests:
        name = test.__name__
        if only and not re.fullmatch(only.replace("*", ".*"), name):
            continue
        print(f"[ RUN      ] {name}", flush=True)
        try:
            test()
            print(f"[       OK ] {name}", flush=True)
        except Skip as why:
            print(f"[  SKIPPED ] {name}: {why}", flush=True)
        except Exception:  # a failed test is reported, and the next one runs
            bad += 1
            traceback.print_exc(file=sys.stdout)
            print(f"[  FAILED  ] {name}", flush=True)
    return 1 if bad else 0
