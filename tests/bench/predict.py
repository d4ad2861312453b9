"""What `sacred simulate` predicts of a barrier from parameters that are measured on the same wire, beside what it takes."""
# SPDX-License-Identifier: BSD-2-Clause
import json
import os
import re
import tempfile

from contest import COUNT, SACRED, filled, output

NODES, ALGORITHMS = (2, 4, 8), ("all-to-all", "dissemination:2")
PROCESSORS = sorted(os.sched_getaffinity(0))
# Two ranks on one processor: what it takes until the other one has it, the looks in vain before that among it.
SWITCH = ["taskset", "-c", str(PROCESSORS[0]), "env", "SACRED_WIRE=shm", SACRED, "run", "-n", "2", "--no-prefix", SACRED,
          "bench", "flag", "--iterations", "2000", "--json"]


class Failed(Exception):
    """What did not run, and why."""


def said_by(command, limit):
    said, why = output(command, limit)
    if not said:
        raise Failed(why or f"{command[-1]} said nothing")
    return said


class Prediction:
    """
    A contest, as those of contest.py: "sacred" is what is predicted and "measured" what the barrier takes, so that a row's
    ratio is predicted over measured. A block measures the parameters anew, between 2 ranks. Where there are more ranks
    than processors here, they share these (--cores), and what turning to another rank takes is measured too. No row has a
    target. The barrier is inbound; on a wire whose puts are placed when they are posted it needs no flush, and takes what
    arrive does. `ranks` makes of their number the command that starts them; `tool` is the `sacred` that measures on their wire.
    """

    def __init__(self, name, row, ranks, barrier, tool, seconds=0.1, least=200, limit=120, share=1, nodes=NODES, calls=10000,
                 flushes=True):
        self.name, self.row, self.ranks, self.barrier, self.tool = name, row, ranks, barrier, tool
        self.seconds, self.least, self.limit, self.share = seconds, least, limit, share
        self.strength = "inbound" if flushes else "arrive"
        self.measure = ["bench", "loggp", "--pin", "--iterations", str(calls), "--json", "--parameters"]
        self.keys = [(n, algorithm) for n in nodes for algorithm in ALGORITHMS]
        self.programs, self.details = ("sacred", "measured"), {}

    def first(self):
        return {key: self.least for key in self.keys}

    def counts(self, ns):
        return {key: max(self.least, min(200000, int(self.seconds * 1e9 / ns[key]))) for key in self.keys}

    def run(self, program, counts):
        try:
            return (self.predicted() if program == "sacred" else self.measured(counts)), ""
        except (Failed, KeyError, TypeError, ValueError) as why:
            return None, str(why)

    def predicted(self):
        with tempfile.NamedTemporaryFile() as file:
            said_by([*self.ranks(2), self.tool, *self.measure, file.name], self.limit)
            parameters = json.load(file)
            switch = json.loads(said_by(SWITCH, self.limit))["median"]
            self.details = {"parameters": parameters, "processors": len(PROCESSORS), "switch_ns": switch}
            print("  L {latency} ns, o {overhead} ns, g {gap} ns, G {gap_per_byte} ns a byte".format_map(parameters) +
                  f"; {len(PROCESSORS)} processors, {switch} ns to turn to another rank: all measured", flush=True)
            return {key: self.simulated(*key, file.name, switch) for key in self.keys}

    def simulated(self, n, algorithm, file, switch):
        shared = ["--cores", str(len(PROCESSORS)), "--switch", str(switch)] if n > len(PROCESSORS) else []
        said = said_by([SACRED, "simulate", "barrier", "--ranks", str(n), "--algorithm", algorithm, "--strength", self.strength, "--puts", "0",
                        "--epochs", "100", "--parameters", file, "--json", *shared], self.limit)
        return json.loads(said)["period_ns"]

    def measured(self, counts):
        return {(n, algorithm): self.timed(n, algorithm, counts[n, algorithm]) for n, algorithm in self.keys}

    def timed(self, n, algorithm, count):
        command = ["env", f"SACRED_BARRIER={algorithm}", *self.ranks(n), self.barrier, COUNT]
        return float(re.search(r"([\d.]+) ns", said_by(filled(command, {COUNT: str(count)}), self.limit))[1])

    def rows(self):
        for n, algorithm in self.keys:
            yield f"{self.row.format(n)}, {algorithm}, predicted", (n, algorithm), ("measured",), None, None
