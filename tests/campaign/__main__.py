"""Runs the campaign: child processes read mutated files; a hang or a crash ends one of them, and not the campaign."""

from __future__ import annotations

import argparse
import json
import selectors
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LONGEST = 5.0
"""Seconds of processor time from which an input counts as a hang."""
WAIT = 120.0
"""Seconds without a line from a child, on a machine that may be busy, after which it is ended."""
LARGEST = 1024
"""MiB of memory that a child may reach."""
AT_ONCE = 500
"""Inputs of one child, so that what one input leaves in memory does not count for long."""


@dataclass
class Findings:
    """What the inputs came to: `results` by format, and every `fault` with its input."""

    results: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[dict[str, Any]] = field(default_factory=list)
    peak_mb: int = 0
    slowest: float = 0.0

    def take(self, line: dict[str, Any]) -> None:
        """Count one line of a child."""
        self.results[line["format"], line["result"]] += 1
        self.slowest = max(self.slowest, line.get("seconds", 0.0))
        too_large = line.get("peak_mb", 0) > LARGEST >= self.peak_mb
        self.peak_mb = max(self.peak_mb, line.get("peak_mb", 0))
        bad = line["result"] not in ("read", "refused") or line.get("printed") or line.get("seconds", 0) > LONGEST
        if bad or too_large:
            self.faults.append(line)


def run(seed: int, first: int, count: int, formats: list[str] | None = None, wait: float = WAIT) -> Findings:
    """Read the inputs `first` to `first + count` of the campaign `seed` in children, one after the other."""
    found, number, end = Findings(), first, first + count
    while number < end:
        number = _child(seed, number, min(AT_ONCE, end - number), formats, found, wait)
    return found


def _child(seed: int, first: int, count: int, formats: list[str] | None, found: Findings, wait: float) -> int:
    """The input to go on with after a child, which reads `count` of them unless it hangs or crashes."""
    given = json.dumps({"seed": seed, "first": first, "count": count, "formats": formats})
    command = [sys.executable, "-m", "tests.campaign.child", given]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2]
    ) as child:
        assert child.stdout is not None
        begun: dict[str, Any] = {"begin": first, "format": "start"}
        waiting = selectors.DefaultSelector()
        waiting.register(child.stdout, selectors.EVENT_READ)
        while waiting.select(wait):
            line = child.stdout.readline()
            if not line:
                break
            told = json.loads(line)
            if "begin" in told:
                begun = told
                continue
            found.take(told)
            begun = {}
            first = told["number"] + 1
        else:
            child.kill()
            found.take({"number": begun.get("begin", first), "format": begun.get("format", ""), "result": "hang"})
            return first + 1
        if child.wait() and begun:
            code = child.returncode
            found.take({"number": begun["begin"], "format": begun["format"], "result": "crash", "code": code})
            return first + 1
    return first


def main() -> int:
    """Run the campaign by command line, print its table, and return 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="campaign", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="how many mutated files")
    parser.add_argument("--first", type=int, default=0, help="the number of the first, to see one again")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="children at once")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so many; 0: not")
    parser.add_argument("--formats", nargs="*", help="these alone")
    args = parser.parse_args()
    began, whole, done = time.monotonic(), Findings(), 0
    parts = range(args.first, args.first + args.inputs, AT_ONCE)
    with ThreadPoolExecutor(args.jobs) as pool:

        def part(start: int) -> tuple[int, Findings | None]:
            if args.minutes and time.monotonic() - began > 60 * args.minutes:
                return start, None
            return start, run(args.seed, start, min(AT_ONCE, args.first + args.inputs - start), args.formats)

        for _, found in pool.map(part, parts):
            if found is None:
                continue
            done += found.results.total()
            whole.results += found.results
            whole.peak_mb, whole.slowest = max(whole.peak_mb, found.peak_mb), max(whole.slowest, found.slowest)
            for fault in found.faults:
                print(json.dumps(fault), flush=True)
            whole.faults += found.faults
            print(f"{done:,} inputs, {len(whole.faults)} faults", file=sys.stderr, flush=True)
    for format in sorted({format for format, _ in whole.results}):
        counts = {result: n for (one, result), n in sorted(whole.results.items()) if one == format}
        print(f"{format:8} " + "  ".join(f"{result} {n:,}" for result, n in counts.items()))
    print(f"{done:,} inputs, {len(whole.faults)} faults; slowest {whole.slowest:.1f} s, peak {whole.peak_mb} MiB")
    return 1 if whole.faults else 0


if __name__ == "__main__":
    sys.exit(main())
